#include "http/kinesis/service.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/kinesis/json_writer.h"
#include "http/kinesis/operations.h"
#include "http/kinesis/validate.h"
#include "http/sigv4.h"

namespace shardmill::http::kinesis {
namespace {

constexpr std::string_view kTarget = "Kinesis_20131202.";
constexpr std::size_t kMaxDepth = 32;

// Whether brackets are nested no deeper than any request needs. Brackets in strings count not.
bool is_shallow(std::string_view json) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return false;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return true;
}

// The part before ';', without spaces at its ends.
std::string_view media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  return header;
}

Response xml_error(int status, std::string_view type, std::string_view message) {
  return {.status = status,
          .content_type = {},
          .headers = {},
          .body = message.empty() ? fmt::format("<{}/>\n", type)
                                  : fmt::format("<{}>\n  <Message>{}</Message>\n</{}>\n", type, message, type)};
}

Response to_response(const Answer& answer) {
  if (!answer) return to_response(answer.error());
  return {.status = 200, .content_type = std::string(kContentType), .headers = {}, .body = *answer};
}

class KinesisService final : public Service {
 public:
  KinesisService(const Backend& backend, Settings settings, const TokenKey& key)
      : api_(backend, std::move(settings), key) {}

  [[nodiscard]] bool claims(const Request& request) const override {
    std::string_view target = request.header("x-amz-target");
    if (!target.empty()) return target.starts_with("Kinesis_");
    std::string_view service = signed_service(request);
    if (!service.empty()) return service == "kinesis";
    return request.method == "POST" && request.path == "/" &&
           media_type(request.header("content-type")) == kContentType;
  }

  [[nodiscard]] Response refuse(const Refusal& refusal) const override {
    JsonWriter json;
    json.begin_object().member("__type", refusal.type).member("message", refusal.message).end_object();
    return {.status = refusal.type == "AccessDeniedException" ? 403 : 400,
            .content_type = std::string(kContentType),
            .headers = {},
            .body = json.take()};
  }

  Task<Response> handle(const Request& request) override;

 private:
  static const Operation* find_operation(const Request& request);
  Task<Response> run(const Operation* operation, std::string_view body);

  Api api_;
};

const Operation* KinesisService::find_operation(const Request& request) {
  std::string_view target = request.header("x-amz-target");
  if (!target.starts_with(kTarget)) return nullptr;
  target.remove_prefix(kTarget.size());
  auto at = std::ranges::find(kOperations, target, &Operation::name);
  return at == std::end(kOperations) ? nullptr : *at;
}

Task<Response> KinesisService::handle(const Request& request) {
  if (request.method != "POST") {
    co_return xml_error(403, "AccessDeniedException",
                        "Unable to determine service/operation name to be authorized");
  }
  const Operation* operation = find_operation(request);
  std::string_view type = media_type(request.header("content-type"));
  if (type == "application/x-amz-cbor-1.1") {
    co_return to_response(
        ApiError{ErrorType::serialization,
                 "This endpoint speaks JSON only, not CBOR: set AWS_CBOR_DISABLE=1 in the client."});
  }
  if (type != kContentType && type != "application/json") {
    if (request.header("x-amz-target").empty()) {
      co_return xml_error(403, "AccessDeniedException",
                          "Unable to determine service/operation name to be authorized");
    }
    co_return xml_error(404, "UnknownOperationException", "");
  }
  co_return co_await run(operation, request.body);
}

// The order of the checks is AWS's: the JSON, the operation, the types, the constraints, then the operation's own.
Task<Response> KinesisService::run(const Operation* operation, std::string_view body) {
  if (body.empty()) {
    co_return to_response(
        ApiError{operation == nullptr ? ErrorType::unknown_operation : ErrorType::serialization, {}});
  }
  if (operation != nullptr && operation->act_fast != nullptr) {
    std::optional<Answer> answer = co_await operation->act_fast(api_, body);
    if (answer) co_return to_response(*answer);
  }
  nlohmann::json json = nlohmann::json::value_t::discarded;
  if (is_shallow(body)) json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) co_return to_response(ApiError{ErrorType::serialization, {}});
  if (operation == nullptr) co_return to_response(ApiError{ErrorType::unknown_operation, {}});
  if (auto problem = validate(json, operation->shape)) co_return to_response(*problem);
  co_return to_response(co_await operation->act(api_, Input(json)));
}

}  // namespace

std::unique_ptr<Service> make_service(const Backend& backend, Settings settings, const TokenKey& key) {
  return std::make_unique<KinesisService>(backend, std::move(settings), key);
}

}  // namespace shardmill::http::kinesis
