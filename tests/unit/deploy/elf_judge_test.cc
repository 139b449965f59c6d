#include "deploy/elf_judge.h"

#include <cstring>
#include <random>

#include <catch2/catch.hpp>
#include <elf.h>
#include <shardmill/abi.h>

#include "tests/support/temp_folder.h"

using namespace shardmill;
using deploy::ElfVerdict;
using Kind = ElfVerdict::Kind;

namespace {

const std::string& good() {
  static const std::string bytes = test::bytes_of(GOOD_SO);
  return bytes;
}

ElfVerdict judge(const std::string& bytes) {
  return deploy::judge_elf(as_bytes(bytes));
}

template <class T>
T read_at(const std::string& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}
template <class T>
void write_at(std::string& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// The good library with its header changed.
template <class Change>
std::string with_header(Change change) {
  std::string bytes = good();
  auto header = read_at<Elf64_Ehdr>(bytes, 0);
  change(header);
  write_at(bytes, 0, header);
  return bytes;
}

// The good library with each section header (or segment) given to `change`.
template <class Entry, class Change>
std::string with_table(std::uint64_t offset, unsigned count, Change change) {
  std::string bytes = good();
  for (unsigned i = 0; i < count; ++i) {
    auto entry = read_at<Entry>(bytes, offset + i * sizeof(Entry));
    change(entry);
    write_at(bytes, offset + i * sizeof(Entry), entry);
  }
  return bytes;
}
template <class Change>
std::string with_sections(Change change) {
  auto header = read_at<Elf64_Ehdr>(good(), 0);
  return with_table<Elf64_Shdr>(header.e_shoff, header.e_shnum, change);
}
template <class Change>
std::string with_segments(Change change) {
  auto header = read_at<Elf64_Ehdr>(good(), 0);
  return with_table<Elf64_Phdr>(header.e_phoff, header.e_phnum, change);
}

std::size_t note_at() {
  std::string note("\x0a\0\0\0\x08\0\0\0\x01\0\0\0shardmill\0", 22);
  return good().find(note);
}

void check_wrong(const std::string& bytes, const std::string& reason) {
  ElfVerdict verdict = judge(bytes);
  CHECK(verdict.reason == reason);
  CHECK(verdict.kind == Kind::wrong);
}

}  // namespace

TEST_CASE("a function's library is good") {
  CHECK(judge(good()).reason.empty());
  CHECK(judge(good()).kind == Kind::good);
}

TEST_CASE("a library cut anywhere is incomplete, never good and never a crash") {
  for (std::size_t size = 0; size < good().size(); size += size < 5000 ? 1 : 97) {
    ElfVerdict verdict = judge(good().substr(0, size));
    CAPTURE(size, verdict.reason);
    REQUIRE(verdict.kind == Kind::incomplete);
  }
  CHECK(judge("").reason == "the file is empty, wanted a shared library");
  CHECK(
      judge(good().substr(0, 20)).reason ==
      "the file ends at byte 20, but its header reaches to byte 64, wanted the whole file: was it copied in full?");
}

TEST_CASE("what is not ELF is told by its first bytes") {
  check_wrong("#!/bin/sh\n", "the file starts with the bytes 23 21 2f 62, wanted a shared library (7f 45 4c 46)");
  check_wrong("x", "the file starts with the bytes 78, wanted a shared library (7f 45 4c 46)");
  CHECK(judge("\x7f"
              "EL")
            .kind == Kind::incomplete);
}

TEST_CASE("libraries for other platforms are told by what they are for") {
  check_wrong(with_header([](auto& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }),
              "found a 32-bit library, wanted a 64-bit one");
  check_wrong(with_header([](auto& header) { header.e_ident[EI_CLASS] = 7; }),
              "found ELF class 7, wanted 64-bit (2)");
  check_wrong(with_header([](auto& header) { header.e_ident[EI_DATA] = ELFDATA2MSB; }),
              "found big-endian code, wanted little-endian");
  check_wrong(with_header([](auto& header) { header.e_version = 9; }), "found ELF version 9, wanted 1");
  check_wrong(with_header([](auto& header) { header.e_ident[EI_OSABI] = ELFOSABI_FREEBSD; }),
              "found a library for operating system number 9, wanted Linux (0 or 3)");
#if defined(__x86_64__)
  check_wrong(with_header([](auto& header) { header.e_machine = EM_AARCH64; }),
              "found code for AArch64, wanted x86-64");
  check_wrong(with_header([](auto& header) { header.e_machine = 999; }),
              "found code for machine number 999, wanted x86-64");
#endif
}

TEST_CASE("what is ELF but no shared library is told by what it is") {
  check_wrong(with_header([](auto& header) { header.e_type = ET_REL; }),
              "found an object file, wanted a shared library (linked with -shared)");
  check_wrong(with_header([](auto& header) { header.e_type = ET_EXEC; }),
              "found a program, wanted a shared library (linked with -shared)");
  check_wrong(with_header([](auto& header) { header.e_type = 77; }),
              "found ELF type 77, wanted a shared library (linked with -shared)");
  check_wrong(test::bytes_of(PROGRAM), "found a program, wanted a shared library (linked with -shared)");
}

TEST_CASE("a library that lacks the note, or has that of another ABI, was not built with this SDK") {
  check_wrong(test::bytes_of(NO_NOTE_SO),
              "found no ABI note of shardmill, wanted one for ABI 1.0: is it a function built with the SDK?");
  REQUIRE(note_at() != std::string::npos);
  std::string other = good();
  write_at<std::uint32_t>(other, note_at() + 24, SHARDMILL_ABI_MAJOR + 1);
  check_wrong(other, "built for ABI 2.0, wanted ABI 1.0: build it with the SDK of this release");
  std::string newer = good();
  write_at<std::uint32_t>(newer, note_at() + 28, SHARDMILL_ABI_MINOR + 1);
  check_wrong(newer, "built for ABI 1.1, wanted ABI 1.0: build it with the SDK of this release");
  std::string small = good();
  write_at<std::uint32_t>(small, note_at() + 4, 4);
  check_wrong(small, "found an ABI note of 4 bytes, wanted at least 8");
}

TEST_CASE("a library without the entry is told so") {
  const std::string reason =
      "found no exported symbol \"shardmill_function\", wanted it: is the SHARDMILL_FUNCTION line missing, or "
      "hidden "
      "by a linker script?";
  check_wrong(test::bytes_of(NO_ENTRY_SO), reason);
  check_wrong(with_sections([](auto& section) {
                if (section.sh_type == SHT_DYNSYM) section.sh_type = SHT_PROGBITS;
              }),
              reason);
}

TEST_CASE("tables that reach beyond the end are taken for a file that is still being copied") {
  auto size = good().size();
  CHECK(judge(with_header([&](auto& header) { header.e_phoff = size; })).kind == Kind::incomplete);
  CHECK(judge(with_header([](auto& header) { header.e_phoff = UINT64_MAX - 8; })).kind == Kind::incomplete);
  CHECK(judge(with_header([](auto& header) { header.e_shoff = UINT64_MAX - 8; })).kind == Kind::incomplete);
  CHECK(judge(with_header([](auto& header) { header.e_shnum = 65'535; })).kind == Kind::incomplete);
  CHECK(judge(with_segments([](auto& segment) { segment.p_filesz = UINT64_MAX; })).kind == Kind::incomplete);
  CHECK(judge(with_sections([](auto& section) { section.sh_offset = UINT64_MAX; })).kind == Kind::incomplete);
}

TEST_CASE("tables of the wrong shape are refused") {
  check_wrong(with_header([](auto& header) { header.e_phnum = 0; }), "found no segments, wanted a shared library");
  check_wrong(with_header([](auto& header) { header.e_phentsize = 1; }),
              "found segment entries of 1 bytes, wanted 56");
  check_wrong(with_header([](auto& header) { header.e_shnum = 0; }),
              "found no section table, wanted one: was the library stripped of it?");
  check_wrong(with_header([](auto& header) { header.e_shentsize = 1; }),
              "found section entries of 1 bytes, wanted 64");
  CHECK(judge(with_sections([](auto& section) { section.sh_link = 9999; })).kind == Kind::wrong);
  CHECK(judge(with_sections([](auto& section) { section.sh_type = SHT_NOBITS; })).kind == Kind::wrong);
}

TEST_CASE("no change of bytes can make the judge read outside of the file") {
  std::mt19937 random(20'260'714);  // the sanitizers judge
  auto any = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  auto header = read_at<Elf64_Ehdr>(good(), 0);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good();
    for (std::size_t flips = any(6) + 1; flips > 0; --flips) {
      std::size_t start = any(3) == 0 ? 0 : any(2) == 0 ? header.e_phoff : header.e_shoff;
      std::size_t at = std::min(bytes.size() - 1, start + any(1'000));
      bytes[at] = any(2) == 0 ? static_cast<char>(any(256)) : '\xff';
    }
    if (any(4) == 0) bytes.resize(any(bytes.size()));
    ElfVerdict verdict = judge(bytes);
    REQUIRE((verdict.kind == Kind::good) == verdict.reason.empty());
  }
}
