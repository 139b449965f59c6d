#!/usr/bin/python3
"""A server with access keys against botocore's signatures: signed requests pass, all others are refused.

    signing_test.py WIRE_SERVER
"""
import datetime
import http.client
import json
import sys
import unittest
from unittest import mock

import boto3
import botocore.auth
import botocore.config
import botocore.exceptions
from run_cases import JSON_TYPE, TARGET, Server

KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


class SigningTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(sys.argv[1], ["--keys", f"{KEY}={SECRET}"])

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def client(self, key=KEY, secret=SECRET, region="us-east-1"):
        client = boto3.client(
            "kinesis",
            endpoint_url="http://{}:{}".format(*self.server.address),
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"max_attempts": 0}),
        )
        self.addCleanup(client.close)
        return client

    def refused(self, client):
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            client.list_streams()
        error = raised.exception.response
        return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]

    def test_signed_requests_pass(self):
        client = self.client()
        client.create_stream(StreamName="signed", ShardCount=1)
        client.put_records(StreamName="signed", Records=[{"Data": b"x" * 1000, "PartitionKey": "ü"}] * 100)
        self.assertEqual(client.list_streams()["StreamNames"], ["signed"])
        client.delete_stream(StreamName="signed")

    def test_any_region_passes_with_its_own_signature(self):
        self.assertEqual(self.client(region="eu-west-1").list_streams()["StreamNames"], [])

    def test_another_secret_is_refused(self):
        status, code, message = self.refused(self.client(secret="x" + SECRET))
        self.assertEqual((status, code), (400, "InvalidSignatureException"))
        self.assertIn("does not match the signature you provided", message)

    def test_another_key_is_refused(self):
        status, code, message = self.refused(self.client(key="AKIDSTRANGE"))
        self.assertEqual((status, code), (400, "UnrecognizedClientException"))
        self.assertEqual(message, "The security token included in the request is invalid.")

    def test_an_old_signature_is_refused(self):
        moment = datetime.datetime.utcnow() - datetime.timedelta(minutes=6)
        clock = mock.Mock(wraps=datetime.datetime)
        clock.utcnow.return_value = moment
        with mock.patch.object(botocore.auth.datetime, "datetime", clock):
            status, code, message = self.refused(self.client())
        self.assertEqual((status, code), (400, "InvalidSignatureException"))
        self.assertTrue(message.startswith(f"Signature expired: {moment:%Y%m%dT%H%M%SZ} is now earlier than "), message)

    def test_no_signature_is_refused_but_health_needs_none(self):
        connection = http.client.HTTPConnection(*self.server.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", "/", b"{}", {"X-Amz-Target": TARGET + "ListStreams", "Content-Type": JSON_TYPE})
        response = connection.getresponse()
        self.assertEqual(response.status, 400)
        answer = json.loads(response.read())
        self.assertEqual(answer, {"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"})
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        self.assertEqual((response.status, response.read()), (200, b"ok\n"))

    def test_with_keys_any_host_name_will_do(self):
        connection = http.client.HTTPConnection(*self.server.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", "/nothing", headers={"Host": "mill.example"})
        response = connection.getresponse()
        self.assertEqual((response.status, response.read()), (403, b"Missing Authentication Token\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
