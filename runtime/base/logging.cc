#include "base/logging.h"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/ansicolor_sink.h>

namespace shardmill {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
constexpr std::size_t kMostWaiting = 8192;  // lines

spdlog::level::level_enum spdlog_level(LogLevel level) {
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                  spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

std::int64_t now_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class StderrLog final : public Log {
 public:
  explicit StderrLog(const LogOptions& options)
      : json_(options.json),
        pool_(std::make_shared<spdlog::details::thread_pool>(kMostWaiting, 1)),
        sink_(std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(
            options.colour && !options.json ? spdlog::color_mode::always : spdlog::color_mode::never)) {
    logger_ = std::make_shared<spdlog::async_logger>("shardmill", sink_, pool_,
                                                     spdlog::async_overflow_policy::overrun_oldest);
    logger_->set_level(spdlog_level(options.level));
    logger_->set_pattern(options.json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%-5l%$ %v");
  }

  void write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) override {
    if (!logger_->should_log(spdlog_level(level))) return;
    tell_dropped();
    put(level, text, fields);
  }

  void flush() override {
    for (int turn = 0; turn < 1000 && pool_->queue_size() > 0; ++turn) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    sink_->flush();  // waits for the line being written
  }

 private:
  void put(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) {
    std::string line = json_ ? json_log_line(now_ms(), level, text, fields) : plain_log_text(text);
    logger_->log(spdlog_level(level), spdlog::string_view_t(line));
  }
  void tell_dropped() {
    std::size_t dropped = pool_->overrun_counter();
    std::size_t told = told_dropped_.exchange(dropped);
    if (dropped <= told) return;
    put(LogLevel::warn,
        fmt::format("{} lines of this log were dropped: whoever reads it is too slow", dropped - told), {});
  }

  const bool json_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::sinks::ansicolor_stderr_sink_mt> sink_;
  std::shared_ptr<spdlog::async_logger> logger_;
  std::atomic<std::size_t> told_dropped_ = 0;
};

}  // namespace

std::string_view log_level_name(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string json_log_line(std::int64_t time_ms, LogLevel level, std::string_view text,
                          std::initializer_list<LogField> fields) {
  std::time_t seconds = time_ms / 1000;
  nlohmann::ordered_json line;
  line["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), time_ms % 1000);
  line["level"] = log_level_name(level);
  line["message"] = text;
  for (const LogField& field : fields) {
    if (!field.value.empty()) line[std::string(field.name)] = field.value;
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string plain_log_text(std::string_view text) {
  std::string line;
  for (char letter : text) {
    auto code = static_cast<unsigned char>(letter);
    if (letter == '\n') {
      line += "\n  ";
    } else if ((code < 0x20 && letter != '\t') || code == 0x7f) {
      line += fmt::format("\\x{:02x}", code);
    } else {
      line += letter;
    }
  }
  return line;
}

std::unique_ptr<Log> open_log(const LogOptions& options) {
  return std::make_unique<StderrLog>(options);
}

}  // namespace shardmill
