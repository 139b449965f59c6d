// Tables, widths, times and records as people see them.
#include <cstdlib>
#include <ctime>

#include <catch2/catch.hpp>

#include "app/put/progress.h"
#include "app/record_text.h"
#include "app/table.h"
#include "app/terminal.h"

using namespace shardmill;
using namespace shardmill::app;

TEST_CASE("a table is aligned by what the eye sees") {
  Table table({{"NAME"}, {"COUNT", true}, {"NOTE"}});
  table.add({"plays", "1,000", "fine"});
  table.add({"\u00e4rger", "7", ""});
  table.add({"\u6771\u4eac", "12", "two wide characters"});
  table.add({"e\u0301t\u00e9", "1", "a combining mark"});
  CHECK(table.text(false) ==
        "NAME   COUNT  NOTE\n"
        "plays  1,000  fine\n"
        "\u00e4rger      7\n"
        "\u6771\u4eac      12  two wide characters\n"
        "e\u0301t\u00e9        1  a combining mark\n");
}

TEST_CASE("colours change no width, and nothing else") {
  Table table({{"A"}, {"B"}});
  table.add({Cell("x", Tone::good), "y"});
  CHECK(table.text(false) == "A  B\nx  y\n");
  CHECK(table.text(true) == "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[32mx\x1b[0m  y\n");
}

TEST_CASE("text from outside cannot steer the terminal") {
  CHECK(printable("plain \u00e4 \u6771") == "plain \u00e4 \u6771");
  CHECK(printable("a\nb\tc\r") == "a\\nb\\tc\\r");
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\u202eevil") == "\\xe2\\x80\\xaeevil");
}

TEST_CASE("numbers, durations and sizes are short and readable") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(human_duration(0) == "0 ms");
  CHECK(human_duration(999) == "999 ms");
  CHECK(human_duration(12'400) == "12.4 s");
  CHECK(human_duration(200'000) == "3 min 20 s");
  CHECK(human_duration(18'720'000) == "5 h 12 min");
  CHECK(human_duration(183'600'000) == "2 d 3 h");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 KB");
  CHECK(human_bytes(999'960) == "1.0 MB");
  CHECK(human_bytes(4'500'000) == "4.5 MB");
}

TEST_CASE("times are local") {
  ::setenv("TZ", "Asia/Kolkata", 1);
  ::tzset();
  CHECK(local_time(WallTime{1'700'000'000'123}) == "2023-11-15 03:43:20.123");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  CHECK(local_time(WallTime{1'700'000'000'123}) == "2023-11-14 22:13:20.123");
  CHECK(local_time(WallTime{0}) == "1970-01-01 00:00:00.000");
}

TEST_CASE("a record as JSON keeps text as text and everything else as base64") {
  StreamRecord record{"shardId-000000000003", "49", "user-7", {1'700'000'000'123}, "{\"a\": \"\u00e4\"}"};
  CHECK(record_json(record) == R"({"shardId":"shardId-000000000003","sequenceNumber":"49","partitionKey":"user-7",)"
                               R"("arrivalMs":1700000000123,"data":"{\"a\": \")"
                               "\u00e4"
                               R"(\"}"})");
  record.data = "\xff\x01";
  CHECK_THAT(record_json(record), Catch::EndsWith(R"("dataBase64":"/wE="})"));
}

TEST_CASE("the progress line shows how far it is and how long it takes") {
  PutCounts counts{.records = 1'234'567, .bytes = 1, .retried = 0};
  using std::chrono::milliseconds;
  CHECK(progress_line(counts, milliseconds(5000), 0.5, 200) ==
        "[============>           ]  50 %  1,234,567 records  246,913/s  5.0 s left");
  CHECK(progress_line(counts, milliseconds(5000), 1.0, 200) ==
        "[========================] 100 %  1,234,567 records  246,913/s");
  CHECK(progress_line(counts, milliseconds(5000), std::nullopt, 200) == "1,234,567 records  246,913/s");
  CHECK(progress_line(counts, milliseconds(5000), 0.5, 10) == "[=========");
  counts.retried = 12;
  CHECK_THAT(progress_line(counts, milliseconds(0), std::nullopt, 200), Catch::EndsWith("12 sent again"));
}
