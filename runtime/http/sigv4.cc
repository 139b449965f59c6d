#include "http/sigv4.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.h"

namespace shardmill::http {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kSkewMs = 5 * 60 * 1000;

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Sha256 hmac(std::string_view key, std::string_view bytes) {
  Sha256 digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), digest.data(), nullptr);
  return digest;
}

std::string_view chars(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex(const Sha256& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text, bool keep_slash) {
  for (char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Empty and "." segments dropped, ".." resolved.
std::string normal_path(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = std::min(path.find('/', at), path.size());
    std::string_view segment = path.substr(at, end - at);
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
    at = end + 1;
  }
  std::string out = "/";
  out += fmt::format("{}", fmt::join(segments, "/"));
  if (out.size() > 1 && path.ends_with('/')) out += '/';
  return out;
}

// S3 signs the path as it is sent; everyone else normalises it and encodes it once more.
std::string canonical_path(std::string_view path, std::string_view service) {
  std::string out;
  if (service == "s3") {
    append_encoded(out, percent_decoded(path), true);
  } else {
    append_encoded(out, normal_path(path), true);
  }
  return out;
}

std::string encoded(std::string_view text) {
  std::string out;
  append_encoded(out, percent_decoded(text), false);
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t at = 0; at < query.size();) {
    std::size_t end = std::min(query.find('&', at), query.size());
    std::string_view pair = query.substr(at, end - at);
    at = end + 1;
    if (pair.empty()) continue;
    std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(encoded(pair.substr(0, equals)), encoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

// Without spaces at the ends, runs of them made one.
void append_trimmed(std::string& out, std::string_view value) {
  bool gap = false;
  std::size_t start = out.size();
  for (char c : value) {
    if (c == ' ' || c == '\t') {
      gap = true;
      continue;
    }
    if (gap && out.size() > start) out += ' ';
    gap = false;
    out += c;
  }
}

std::string canonical_headers(const Request& request, std::string_view signed_headers) {
  std::string out;
  for (std::size_t at = 0; at < signed_headers.size();) {
    std::size_t end = std::min(signed_headers.find(';', at), signed_headers.size());
    std::string_view name = signed_headers.substr(at, end - at);
    at = end + 1;
    out.append(name).append(":");
    bool first = true;
    for (const Header& header : request.headers) {
      if (!equal_ignoring_case(header.name, name)) continue;
      if (!first) out += ',';
      append_trimmed(out, header.value);
      first = false;
    }
    out += '\n';
  }
  return out;
}

std::string payload_hash(const Request& request) {
  std::string_view given = request.header("x-amz-content-sha256");
  return given.empty() ? hex(sha256(request.body)) : std::string(given);
}

bool names_header(std::string_view signed_headers, std::string_view name) {
  std::string list = fmt::format(";{};", signed_headers);
  return list.find(fmt::format(";{};", name)) != std::string::npos;
}

// "20260714T093000Z" as milliseconds since 1970.
std::optional<std::int64_t> parse_basic_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (char c : text.substr(at, size)) value = c >= '0' && c <= '9' && value >= 0 ? value * 10 + (c - '0') : -1;
    return value;
  };
  std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                  std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                  std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  int hours = number(9, 2);
  int minutes = number(11, 2);
  int seconds = number(13, 2);
  if (!day.ok() || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) {
    return std::nullopt;
  }
  auto at = std::chrono::sys_days(day) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
            std::chrono::seconds(seconds);
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::string basic_time(std::int64_t ms) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

std::optional<Refusal> refusal(std::string_view type, std::string message) {
  return Refusal{403, std::string(type), std::move(message)};
}

// Missing parts, worded as AWS does.
std::string missing_parts(std::string_view header, bool has_date) {
  std::string text;
  for (std::string_view part : {"Credential", "Signature", "SignedHeaders"}) {
    if (header.find(fmt::format("{}=", part)) == std::string_view::npos) {
      text += fmt::format("Authorization header requires '{}' parameter. ", part);
    }
  }
  if (!has_date) {
    text += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  return text + fmt::format("Authorization={}", header.substr(0, 1024));
}

std::optional<Refusal> check_time(std::string_view time, const SignatureClaim& claim, WallTime now) {
  std::optional<std::int64_t> signed_at = parse_basic_time(time);
  if (!signed_at || !time.starts_with(claim.date)) {
    return refusal(
        "IncompleteSignatureException",
        fmt::format("Date must be in ISO-8601 'basic format' and on the day of the credential scope ({}). "
                    "Got '{}'.",
                    claim.date, time.substr(0, 64)));
  }
  if (*signed_at < now.ms - kSkewMs) {
    return refusal("InvalidSignatureException",
                   fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)", time,
                               basic_time(now.ms - kSkewMs), basic_time(now.ms)));
  }
  if (*signed_at > now.ms + kSkewMs) {
    return refusal("InvalidSignatureException",
                   fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)", time,
                               basic_time(now.ms + kSkewMs), basic_time(now.ms)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<SignatureClaim> parse_authorization(std::string_view header) {
  if (!header.starts_with(kAlgorithm)) return std::nullopt;
  std::string_view credential;
  SignatureClaim claim;
  for (std::size_t at = kAlgorithm.size(); at < header.size();) {
    std::size_t end = std::min(header.find_first_of(", ", at), header.size());
    std::string_view part = header.substr(at, end - at);
    at = end + 1;
    if (part.starts_with("Credential=")) credential = part.substr(11);
    if (part.starts_with("SignedHeaders=")) claim.signed_headers = part.substr(14);
    if (part.starts_with("Signature=")) claim.signature = part.substr(10);
  }
  // The access key comes first and may itself hold slashes; the scope's four parts come last.
  std::array<std::string_view*, 4> parts{nullptr, &claim.service, &claim.region, &claim.date};
  for (std::string_view* part : parts) {
    std::size_t slash = credential.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    if (part != nullptr) *part = credential.substr(slash + 1);
    if (part == nullptr && credential.substr(slash + 1) != "aws4_request") return std::nullopt;
    credential = credential.substr(0, slash);
  }
  claim.access_key = credential;
  if (claim.access_key.empty() || claim.signed_headers.empty() || claim.signature.empty()) return std::nullopt;
  return claim;
}

std::string_view signed_service(const Request& request) {
  std::optional<SignatureClaim> claim = parse_authorization(request.header("authorization"));
  return claim ? claim->service : std::string_view();
}

std::string signature_of(const Request& request, const SignatureClaim& claim, std::string_view time,
                         std::string_view secret) {
  std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path, claim.service),
                  canonical_query(request.query), canonical_headers(request, claim.signed_headers),
                  claim.signed_headers, payload_hash(request));
  std::string scope = fmt::format("{}/{}/{}/aws4_request", claim.date, claim.region, claim.service);
  std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, hex(sha256(canonical)));
  Sha256 key = hmac(fmt::format("AWS4{}", secret), claim.date);
  for (std::string_view part : {claim.region, claim.service, std::string_view("aws4_request")}) {
    key = hmac(chars(key), part);
  }
  return hex(hmac(chars(key), to_sign));
}

std::optional<Refusal> verify_signature(const Request& request, const AccessKeys& keys, WallTime now) {
  std::string_view header = request.header("authorization");
  if (header.empty()) return refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
  std::string_view time = request.header("x-amz-date");
  std::optional<SignatureClaim> claim = parse_authorization(header);
  if (!claim || time.empty()) {
    return refusal("IncompleteSignatureException", missing_parts(header, !time.empty()));
  }
  auto key = keys.find(claim->access_key);
  if (key == keys.end()) {
    return refusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  if (auto off = check_time(time, *claim, now)) return off;
  if (!names_header(claim->signed_headers, "host") && !names_header(claim->signed_headers, ":authority")) {
    return refusal("InvalidSignatureException",
                   "'Host' or ':authority' must be a 'SignedHeader' in the AWS "
                   "Authorization.");
  }
  std::string_view given_hash = request.header("x-amz-content-sha256");
  if (given_hash.size() == 64 && given_hash != hex(sha256(request.body))) {
    return refusal("InvalidSignatureException",
                   "The value of x-amz-content-sha256 is not the SHA-256 of the request body.");
  }
  std::string expected = signature_of(request, *claim, time, key->second);
  if (claim->signature.size() != expected.size() ||
      CRYPTO_memcmp(claim->signature.data(), expected.data(), expected.size()) != 0) {
    return refusal("InvalidSignatureException",
                   "The request signature we calculated does not match the signature you provided. Check your AWS "
                   "Secret Access Key and signing method. Consult the service documentation for details.");
  }
  return std::nullopt;
}

}  // namespace shardmill::http
