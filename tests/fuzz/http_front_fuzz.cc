// The rules that every request meets before its service: host, origin, signature. Input: lines "Name: value", an empty
// line, the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/access.h"
#include "http/sigv4.h"

using namespace shardmill::http;  // NOLINT: test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Request request;
  request.method = "POST";
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) break;
    std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) {
      request.path = line.substr(0, line.find('?'));
      request.query = line.substr(std::min(request.path.size() + 1, line.size()));
    } else {
      request.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
  }
  request.body = text;
  (void)is_local_host(host_name(request.header("host")), {});
  (void)is_local_origin(request.header("origin"), {});
  AccessKeys keys{{"AKIDEXAMPLE", "secret"}};
  if (auto claim = parse_authorization(request.header("authorization"))) {
    (void)signature_of(request, *claim, request.header("x-amz-date"), "secret");
  }
  // Nobody guesses a signature.
  if (!verify_signature(request, keys, {1'440'938'160'000})) std::abort();
  return 0;
}
