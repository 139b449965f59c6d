# Writes OUTPUT, the C++ file that holds the texts of the *.in files in FOLDER.
# FILES: source=path pairs, path being where `shardmill new` puts the text.
set(entries "")
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^(.*)=(.*)$" matched "${pair}")
  set(path "${CMAKE_MATCH_2}")
  file(READ "${FOLDER}/${CMAKE_MATCH_1}" text)
  string(APPEND entries "    {\"${path}\", R\"scaffold(${text})scaffold\"},\n")
endforeach()
list(LENGTH FILES count)
file(WRITE "${OUTPUT}.new" "#include \"app/scaffold/scaffold.h\"

#include <array>

namespace shardmill::app {
namespace {

constexpr std::array<ScaffoldText, ${count}> kTexts{{
${entries}}};

}  // namespace

std::span<const ScaffoldText> scaffold_texts() {
  return kTexts;
}

}  // namespace shardmill::app
")
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
