// Facts of AWS's published Signature Version 4 test suite (key AKIDEXAMPLE, 2015-08-30), and signatures that botocore
// made for Kinesis requests.
#include "http/sigv4.h"

#include <catch2/catch.hpp>

using namespace shardmill;        // NOLINT: test
using namespace shardmill::http;  // NOLINT: test

namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kTime = "20150830T123600Z";
constexpr WallTime kNow{1'440'938'160'000};  // the same moment

std::string authorization(std::string_view signed_headers, std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
         std::string(signed_headers) + ", Signature=" + std::string(signature);
}

struct Case {
  std::string name;
  std::string method;
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string signed_headers;
  std::string signature;
};

const std::vector<Case>& cases() {
  static const std::pair<std::string, std::string> kHost{"Host", "example.amazonaws.com"};
  static const std::pair<std::string, std::string> kDate{"X-Amz-Date", "20150830T123600Z"};
  static const std::vector<Case> kCases = {
      {"get-vanilla",
       "GET",
       "/",
       "",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/",
       "Param2=value2&Param1=value1",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-empty-query-key",
       "GET",
       "/",
       "Param1=value1",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"post-vanilla",
       "POST",
       "/",
       "",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-header-key-sort",
       "POST",
       "/",
       "",
       {kHost, {"My-Header1", "value1"}, kDate},
       "",
       "host;my-header1;x-amz-date",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"get-header-value-trim",
       "GET",
       "/",
       "",
       {kHost, {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}, kDate},
       "",
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-header-key-duplicate",
       "GET",
       "/",
       "",
       {kHost, {"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}, kDate},
       "",
       "host;my-header1;x-amz-date",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-relative",
       "GET",
       "/example/..",
       "",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slashes",
       "GET",
       "//example//",
       "",
       {kHost, kDate},
       "",
       "host;x-amz-date",
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       "",
       {{"Content-Type", "application/x-www-form-urlencoded"}, kHost, kDate},
       "Param1=value1",
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  return kCases;
}

Request request_of(const Case& of) {
  Request request;
  request.method = of.method;
  request.path = of.path;
  request.query = of.query;
  request.body = of.body;
  for (const auto& [name, value] : of.headers) request.headers.push_back({name, value});
  return request;
}

// A signed PutRecord-like request that verifies, for tests that then spoil it.
struct Signed {
  Signed() {
    request.method = "POST";
    request.path = "/";
    request.body = body;
    request.headers = {
        {"Host", "localhost:4566"}, {"X-Amz-Date", kTime}, {"X-Amz-Target", "Kinesis_20131202.ListStreams"}};
    sign("host;x-amz-date;x-amz-target");
  }
  void sign(std::string_view signed_headers) {
    SignatureClaim claim{"AKIDEXAMPLE", "20150830", "us-east-1", "service", signed_headers, ""};
    header = authorization(signed_headers, signature_of(request, claim, kTime, kSecret));
    if (request.headers.back().name == "Authorization") request.headers.pop_back();
    request.headers.push_back({"Authorization", header});
  }
  [[nodiscard]] std::string refusal(WallTime now = kNow) const {
    AccessKeys keys{{"AKIDEXAMPLE", std::string(kSecret)}};
    auto refused = verify_signature(request, keys, now);
    return refused ? refused->type + ": " + refused->message : "";
  }
  std::string body = "{}";
  std::string header;
  Request request;
};

}  // namespace

TEST_CASE("Signatures are those of AWS's published test suite") {
  for (const Case& of : cases()) {
    INFO(of.name);
    Request request = request_of(of);
    SignatureClaim claim{"AKIDEXAMPLE", "20150830", "us-east-1", "service", of.signed_headers, of.signature};
    CHECK(signature_of(request, claim, kTime, kSecret) == of.signature);
    std::string header = authorization(of.signed_headers, of.signature);
    request.headers.push_back({"Authorization", header});
    AccessKeys keys{{"AKIDEXAMPLE", std::string(kSecret)}};
    CHECK_FALSE(verify_signature(request, keys, kNow).has_value());
  }
}

TEST_CASE("An Authorization header is taken apart, with or without spaces") {
  auto separator = GENERATE(as<std::string>(), ", ", ",", " , ");
  std::string header = "AWS4-HMAC-SHA256 Credential=a/key/20150830/us-east-1/kinesis/aws4_request" + separator +
                       "SignedHeaders=host" + separator + "Signature=00ff";
  auto claim = parse_authorization(header);
  REQUIRE(claim.has_value());
  CHECK(claim->access_key == "a/key");
  CHECK(claim->date == "20150830");
  CHECK(claim->region == "us-east-1");
  CHECK(claim->service == "kinesis");
  CHECK(claim->signed_headers == "host");
  CHECK(claim->signature == "00ff");
}

TEST_CASE("Incomplete Authorization headers are none") {
  auto header = GENERATE(as<std::string>(), "", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x",
                         "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=h",
                         "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws5_request, SignedHeaders=h, Signature=s",
                         "AWS4-HMAC-SHA256 Credential=/b/c/d/aws4_request, SignedHeaders=h, Signature=s",
                         "AWS4-HMAC-SHA256 Credential=b/c/aws4_request, SignedHeaders=h, Signature=s");
  CHECK_FALSE(parse_authorization(header).has_value());
}

TEST_CASE("A proper signature passes, and so does one up to five minutes off") {
  Signed good;
  CHECK(good.refusal() == "");
  CHECK(good.refusal({kNow.ms + 300'000}) == "");
  CHECK(good.refusal({kNow.ms - 300'000}) == "");
}

TEST_CASE("A signature more than five minutes off is refused in AWS's words") {
  Signed good;
  CHECK(good.refusal({kNow.ms + 301'000}) ==
        "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
        "(20150830T124101Z - 5 min.)");
  CHECK(
      good.refusal({kNow.ms - 301'000}) ==
      "InvalidSignatureException: Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
      "(20150830T123059Z + 5 min.)");
}

TEST_CASE("Anything signed that was changed afterwards is refused") {
  Signed changed;
  SECTION("the body") {
    changed.request.body = "[]";
  }
  SECTION("the target") {
    changed.request.headers[2].value = "Kinesis_20131202.DeleteStream";
  }
  SECTION("the method") {
    changed.request.method = "PUT";
  }
  SECTION("the path") {
    changed.request.path = "/x";
  }
  SECTION("the query") {
    changed.request.query = "a=b";
  }
  SECTION("the host") {
    changed.request.headers[0].value = "elsewhere";
  }
  CHECK(changed.refusal().starts_with(
      "InvalidSignatureException: The request signature we calculated does not match"));
}

TEST_CASE("A hash of another body is refused even when it was signed") {
  Signed forged;
  forged.request.headers.pop_back();
  std::string hash(64, '0');
  forged.request.headers.push_back({"x-amz-content-sha256", hash});
  forged.sign("host;x-amz-content-sha256;x-amz-date;x-amz-target");
  CHECK(forged.refusal() ==
        "InvalidSignatureException: The value of x-amz-content-sha256 is not the SHA-256 of the request body.");
}

TEST_CASE("What is missing is named") {
  Signed none;
  SECTION("everything") {
    none.request.headers.pop_back();
    CHECK(none.refusal() == "MissingAuthenticationTokenException: Missing Authentication Token");
  }
  SECTION("all parts of the header") {
    none.request.headers.back().value = "X";
    none.request.headers.erase(none.request.headers.begin() + 1);
    CHECK(
        none.refusal() ==
        "IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header "
        "requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization "
        "header "
        "requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X");
  }
  SECTION("a known key") {
    std::string other = none.header;
    other.replace(other.find("AKIDEXAMPLE"), 11, "AKIDSTRANGE");
    none.request.headers.back().value = other;
    CHECK(none.refusal() == "UnrecognizedClientException: The security token included in the request is invalid.");
  }
  SECTION("the host among the signed headers") {
    none.sign("x-amz-date");
    CHECK(none.refusal().starts_with("InvalidSignatureException: 'Host' or ':authority' must be"));
  }
  SECTION("a date that is one") {
    none.request.headers[1].value = "yesterday";
    CHECK(none.refusal().starts_with("IncompleteSignatureException: Date must be in ISO-8601"));
  }
}

TEST_CASE("The service of a request is told from its signature") {
  Signed good;
  CHECK(signed_service(good.request) == "service");
  good.request.headers.pop_back();
  CHECK(signed_service(good.request).empty());
}
