#include "deploy/server_settings.h"

#include <algorithm>
#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "api/stream_name.h"

namespace shardmill::deploy {
namespace {

constexpr std::string_view kWantedAddress = "an IP address of this machine, such as \"127.0.0.1\"";
constexpr std::size_t kMostKeys = 1'000;
constexpr std::size_t kMostStreams = 10'000;

std::optional<std::string> address_of(const std::string& text) {
  if (text == "localhost") return "127.0.0.1";
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  return address.to_string();
}

void read_listen(SettingsObject& object, ServerSettings& settings) {
  auto node = object.find("Listen");
  if (!node) return;
  auto text = node->text(kWantedAddress);
  if (!text) return;
  auto address = address_of(*text);
  if (!address) return node->refuse(kWantedAddress);
  settings.listen = *address;
}

bool all(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

void read_host_names(SettingsObject& object, ServerSettings& settings) {
  auto node = object.find("HostNames");
  if (!node) return;
  std::vector<SettingsNode> items = node->items("a list of host names");
  if (items.size() > 100) return node->complain("wanted at most 100 names");
  for (const SettingsNode& item : items) {
    constexpr std::string_view kWanted = "a host name without port, such as \"mill.example.com\"";
    auto name = item.text(kWanted);
    if (name && (name->empty() || name->size() > 253 || name->find_first_of("/: \t") != std::string::npos)) {
      item.refuse(kWanted);
    } else if (name) {
      settings.host_names.push_back(*name);
    }
  }
}

void read_limits(SettingsObject& object, ServerSettings& settings) {
  auto node = object.find("Limits");
  if (!node) return;
  SettingsObject limits(*node);
  limits.integer("TailMB", settings.tail_mb, 1, 65'536);
  limits.integer("InFlightMB", settings.in_flight_mb, 16, 65'536);
  limits.integer("RequestsMB", settings.requests_mb, 32, 65'536);
  limits.integer("Connections", settings.connections, 1, 100'000);
  limits.finish();
}

void read_place(SettingsObject& object, ServerSettings& settings) {
  if (auto node = object.find("Region")) {
    constexpr std::string_view kWanted = "a region, such as \"us-east-1\"";
    auto text = node->text(kWanted);
    if (text && (text->empty() || text->size() > 32 || !all(*text, "abcdefghijklmnopqrstuvwxyz0123456789-"))) {
      node->refuse(kWanted);
    } else if (text) {
      settings.region = *text;
    }
  }
  if (auto node = object.find("AccountId")) {
    constexpr std::string_view kWanted = "12 digits in quotes";
    auto text = node->text(kWanted);
    if (text && (text->size() != 12 || !all(*text, "0123456789"))) {
      node->refuse(kWanted);
    } else if (text) {
      settings.account = *text;
    }
  }
}

// Secrets are never repeated in a problem.
std::optional<std::string> read_key_part(SettingsObject& object, std::string_view key, std::size_t shortest) {
  std::string wanted = fmt::format("text of {} to 128 bytes", shortest);
  auto node = object.need(key, wanted);
  if (!node) return std::nullopt;
  auto text = node->is_text() ? node->text(wanted) : std::nullopt;
  if (text && text->size() >= shortest && text->size() <= 128) return text;
  node->complain("wanted " + wanted);
  return std::nullopt;
}

void read_access_keys(SettingsObject& object, ServerSettings& settings) {
  auto list = object.find("AccessKeys");
  if (!list) return;
  constexpr std::string_view kWanted = R"(a list of {"AccessKeyId": ..., "SecretAccessKey": ...})";
  if (!list->is_array()) return list->complain(fmt::format("wanted {}", kWanted));
  std::vector<SettingsNode> items = list->items(kWanted);
  if (items.size() > kMostKeys) return list->complain(fmt::format("wanted at most {} keys", grouped(kMostKeys)));
  for (const SettingsNode& item : items) {
    if (!item.is_object()) {
      item.complain(R"(wanted {"AccessKeyId": ..., "SecretAccessKey": ...})");
      continue;
    }
    SettingsObject key(item);
    auto id = read_key_part(key, "AccessKeyId", 1);
    auto secret = read_key_part(key, "SecretAccessKey", 8);
    key.finish();
    if (id && std::ranges::count(settings.access_keys, *id, &AccessKey::id) > 0) {
      item.complain(in_quotes(*id) + " is in the list already");
    } else if (id && secret) {
      settings.access_keys.push_back({*id, *secret});
    }
  }
}

void read_streams(SettingsObject& object, ServerSettings& settings) {
  auto node = object.find("Streams");
  if (!node) return;
  auto members = node->members("an object of stream names, such as {\"clicks\": {\"Shards\": 2}}");
  if (members.size() > kMostStreams) {
    return node->complain(fmt::format("wanted at most {} streams", grouped(kMostStreams)));
  }
  for (const auto& [name, value] : members) {
    InitialStream stream{name, 1, settings.retention_hours};
    if (!is_stream_name(name)) value.complain("wanted a name of 1 to 128 letters, digits, '_', '.' and '-'");
    SettingsObject fields(value);
    fields.integer("Shards", stream.shards, 1, 10'000);
    fields.integer("RetentionHours", stream.retention_hours, 24, 8'760);
    fields.finish();
    settings.streams.push_back(std::move(stream));
  }
}

}  // namespace

ServerSettings read_server_settings(std::string_view text, SettingsProblems& problems) {
  ServerSettings settings;
  SettingsDocument document = SettingsDocument::parse(text, problems);
  SettingsObject object(document.root());
  read_listen(object, settings);
  object.integer("Port", settings.port, 0, 65'535);
  read_host_names(object, settings);
  read_place(object, settings);
  read_access_keys(object, settings);
  object.integer("RetentionHours", settings.retention_hours, 24, 8'760);
  read_streams(object, settings);
  object.duration("StopTimeout", settings.stop_timeout, 1, 900);
  read_limits(object, settings);
  object.finish();
  return settings;
}

Result<void> apply_listen(std::string_view address_and_port, ServerSettings& settings) {
  auto refuse = [&] {
    return fail(Errc::invalid, fmt::format("--listen: found \"{}\", wanted ADDRESS:PORT such as 127.0.0.1:4566",
                                           address_and_port));
  };
  std::size_t colon = address_and_port.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = address_and_port.substr(0, colon);
  std::string_view digits = address_and_port.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  auto address = address_of(std::string(host));
  std::uint16_t port = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || error != std::errc() || stop != digits.data() + digits.size()) return refuse();
  settings.listen = *address;
  settings.port = port;
  return {};
}

bool is_loopback(const ServerSettings& settings) {
  return boost::asio::ip::make_address(settings.listen).is_loopback();
}

Result<void> check_reach(const ServerSettings& settings) {
  if (is_loopback(settings) || !settings.access_keys.empty()) return {};
  return fail(
      Errc::invalid,
      fmt::format("Listen: other machines can reach {}, wanted \"AccessKeys\" in shardmill.json as well, or a "
                  "loopback address such as 127.0.0.1",
                  settings.listen));
}

}  // namespace shardmill::deploy
