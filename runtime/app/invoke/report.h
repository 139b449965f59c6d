// What an invocation came to, for people and for scripts.
#pragma once

#include <vector>

#include "app/invoke/run_once.h"

namespace shardmill::app {

// "info   got 'hi'"
void print_log_line(const LogLine& line);
// Outputs, response and, last, the outcome. Log lines have been printed before.
void print_report(const RunReport& report);
// Everything, as one JSON object on one line.
void print_json_report(const Deployment& deployment, const RunReport& report, const std::vector<LogLine>& logs);

}  // namespace shardmill::app
