#include "http/kinesis/json_writer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using shardmill::http::kinesis::append_json_string;
using shardmill::http::kinesis::JsonWriter;

TEST_CASE("Commas stand where JSON wants them") {
  JsonWriter json;
  json.begin_object().member("a", std::int64_t{-1}).key("b").begin_array().value("x").value(true).begin_object();
  json.end_object()
      .begin_array()
      .end_array()
      .end_array()
      .member("c", std::string("}"))
      .member("d", "[")
      .end_object();
  CHECK(json.take() == R"({"a":-1,"b":["x",true,{},[]],"c":"}","d":"["})");
}

TEST_CASE("Texts that end like an open bracket do not lose the next comma") {
  JsonWriter json;
  json.begin_array().value("{").value("[").value(":").value(",").end_array();
  CHECK(json.take() == R"(["{","[",":",","])");
}

TEST_CASE("Every character survives being written and read") {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "\u00fc\u20ac\U0001F600";
  std::string out;
  append_json_string(out, text);
  CHECK(nlohmann::json::parse(out).get<std::string>() == text);
}
