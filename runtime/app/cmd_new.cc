// shardmill new: writes the files of a new function.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "app/cli.h"
#include "app/scaffold/scaffold.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

namespace fs = std::filesystem;

struct NewOptions {
  std::string name;
  std::string folder;
};

// An empty folder will do; anything in it might be somebody's work.
Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Errc::io, fmt::format("cannot make {}: {}", printable(folder.string()), error.message()));
  if (!fs::is_empty(folder, error) || error) {
    return fail(Errc::exists,
                fmt::format("{} is there already and not empty; choose another --dir", printable(folder.string())));
  }
  return {};
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    return fail(Errc::io, fmt::format("cannot write {}: {}", printable(path.string()), std::strerror(errno)));
  return {};
}

int make_function(const NewOptions& options) {
  Result<std::vector<ScaffoldFile>> files = scaffold(options.name);
  if (!files) return report(files.error());
  fs::path folder = options.folder.empty() ? options.name : options.folder;
  if (Result<void> made = make_folder(folder); !made) return report(made.error());
  for (const ScaffoldFile& file : *files) {
    if (Result<void> written = write_file(folder / file.path, file.text); !written) return report(written.error());
    fmt::print("  {}\n", printable((folder / file.path).string()));
  }
  fmt::print("next: cd {} && cmake -B build && cmake --build build && ctest --test-dir build\n",
             printable(folder.string()));
  return kOk;
}

}  // namespace

void add_new(Cli& cli) {
  CLI::App& command = cli.add(cli.root(), "new", "Write the files of a new function: code, build, test, settings.",
                              {"shardmill new hello", "shardmill new hello --dir ~/functions/hello"});
  auto options = std::make_shared<NewOptions>();
  command.add_option("NAME", options->name, "Name of the function")->required();
  command.add_option("--dir", options->folder, "Folder to write to (./NAME)")->type_name("DIR");
  cli.on_run(command, [options] { return make_function(*options); });
}

}  // namespace shardmill::app
