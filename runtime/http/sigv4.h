// AWS Signature Version 4 as the receiving side checks it: the Authorization header of a request against the keys
// that the runtime knows. Pure but for the time given in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/ids.h"
#include "http/message.h"
#include "http/service.h"

namespace shardmill::http {

// What a client's Authorization header says. Views into the header.
struct SignatureClaim {
  std::string_view access_key;
  std::string_view date;  // YYYYMMDD
  std::string_view region;
  std::string_view service;
  std::string_view signed_headers;  // "content-type;host;x-amz-date"
  std::string_view signature;       // 64 hex digits
};

// Nothing if the header is not a complete SigV4 one.
[[nodiscard]] std::optional<SignatureClaim> parse_authorization(std::string_view header);

// The service a request was signed for ("kinesis", "s3", ...); empty if it was not signed. Checks nothing.
[[nodiscard]] std::string_view signed_service(const Request& request);

// The signature that `secret` gives for the request; `claim` tells what was signed. `time` is the X-Amz-Date.
[[nodiscard]] std::string signature_of(const Request& request, const SignatureClaim& claim, std::string_view time,
                                       std::string_view secret);

using AccessKeys = std::map<std::string, std::string, std::less<>>;  // access key id -> secret

// Nothing when the request is properly signed with one of `keys`, no more than five minutes off `now`.
[[nodiscard]] std::optional<Refusal> verify_signature(const Request& request, const AccessKeys& keys, WallTime now);

}  // namespace shardmill::http
