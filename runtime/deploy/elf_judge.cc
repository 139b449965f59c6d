#include "deploy/elf_judge.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <shardmill/abi.h>

#include "base/settings_reader.h"
#include "deploy/elf_file.h"

namespace shardmill::deploy {
namespace {

using Kind = ElfVerdict::Kind;
using Verdict = std::optional<ElfVerdict>;  // nothing: go on with the next check

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "shardmill runs on x86-64 and AArch64"
#endif

ElfVerdict wrong(std::string reason) {
  return {Kind::wrong, std::move(reason)};
}

// `what` reaches to byte `end` of a file of `size` bytes.
ElfVerdict incomplete(std::string_view what, std::uint64_t end, std::uint64_t size) {
  return {
      Kind::incomplete,
      fmt::format("the file ends at byte {}, but its {} to byte {}, wanted the whole file: was it copied in full?",
                  grouped(static_cast<std::int64_t>(size)), what,
                  grouped(static_cast<std::int64_t>(std::min<std::uint64_t>(end, INT64_MAX))))};
}

std::uint64_t end_of(std::uint64_t offset, std::uint64_t size) {
  return size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
}

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_386:
      return "x86 (32-bit)";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "ARM (32-bit)";
    case EM_AARCH64:
      return "AArch64";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "PowerPC 64";
    case EM_S390:
      return "S/390";
    default:
      return fmt::format("machine number {}", machine);
  }
}

std::string type_name(std::uint16_t type) {
  switch (type) {
    case ET_REL:
      return "an object file";
    case ET_EXEC:
      return "a program";
    case ET_CORE:
      return "a core dump";
    default:
      return fmt::format("ELF type {}", type);
  }
}

// ---- the checks, in the order in which they are made ----------------------------------------------------------------

Verdict judge_magic(const ElfFile& file) {
  if (file.size() == 0) return ElfVerdict{Kind::incomplete, "the file is empty, wanted a shared library"};
  constexpr std::array<unsigned char, 4> kMagic = {0x7f, 'E', 'L', 'F'};
  std::size_t have = std::min<std::size_t>(file.size(), kMagic.size());
  std::array<unsigned char, 4> start{};
  std::memcpy(start.data(), file.range(0, have)->data(), have);
  if (!std::equal(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(have), kMagic.begin())) {
    std::string found;
    for (std::size_t i = 0; i < have; ++i) found += fmt::format("{}{:02x}", i == 0 ? "" : " ", start[i]);
    return wrong(fmt::format("the file starts with the bytes {}, wanted a shared library (7f 45 4c 46)", found));
  }
  if (file.size() < sizeof(Elf64_Ehdr)) return incomplete("header reaches", sizeof(Elf64_Ehdr), file.size());
  return std::nullopt;
}

Verdict judge_platform(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64) {
    return wrong(header.e_ident[EI_CLASS] == ELFCLASS32
                     ? "found a 32-bit library, wanted a 64-bit one"
                     : fmt::format("found ELF class {}, wanted 64-bit (2)", header.e_ident[EI_CLASS]));
  }
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) return wrong("found big-endian code, wanted little-endian");
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT) {
    return wrong(fmt::format("found ELF version {}, wanted {}", header.e_version, EV_CURRENT));
  }
  unsigned system = header.e_ident[EI_OSABI];
  if (system != ELFOSABI_SYSV && system != ELFOSABI_GNU) {
    return wrong(fmt::format("found a library for operating system number {}, wanted Linux (0 or 3)", system));
  }
  if (header.e_machine != kMachine) {
    return wrong(
        fmt::format("found code for {}, wanted {}", machine_name(header.e_machine), machine_name(kMachine)));
  }
  if (header.e_type != ET_DYN) {
    return wrong(fmt::format("found {}, wanted a shared library (linked with -shared)", type_name(header.e_type)));
  }
  return std::nullopt;
}

Verdict judge_segments(const ElfFile& file, const Elf64_Ehdr& header) {
  if (header.e_phnum == 0 || header.e_phoff == 0) return wrong("found no segments, wanted a shared library");
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    return wrong(
        fmt::format("found segment entries of {} bytes, wanted {}", header.e_phentsize, sizeof(Elf64_Phdr)));
  }
  std::uint64_t table_end = end_of(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  if (table_end > file.size()) return incomplete("segment table reaches", table_end, file.size());
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    auto segment = *file.entry<Elf64_Phdr>(header.e_phoff, i);
    if (segment.p_type == PT_NULL) continue;
    std::uint64_t end = end_of(segment.p_offset, segment.p_filesz);
    if (end > file.size()) return incomplete(fmt::format("segment {} reaches", i), end, file.size());
    if (segment.p_type == PT_INTERP) return wrong("found a program, wanted a shared library (linked with -shared)");
  }
  return std::nullopt;
}

Verdict judge_sections(const ElfFile& file, const Elf64_Ehdr& header) {
  if (header.e_shnum == 0 || header.e_shoff == 0) {
    return wrong("found no section table, wanted one: was the library stripped of it?");
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    return wrong(
        fmt::format("found section entries of {} bytes, wanted {}", header.e_shentsize, sizeof(Elf64_Shdr)));
  }
  std::uint64_t table_end = end_of(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  if (table_end > file.size()) return incomplete("section table reaches", table_end, file.size());
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    auto section = *file.entry<Elf64_Shdr>(header.e_shoff, i);
    if (section.sh_type == SHT_NULL || section.sh_type == SHT_NOBITS) continue;
    std::uint64_t end = end_of(section.sh_offset, section.sh_size);
    if (end > file.size()) return incomplete(fmt::format("section {} reaches", i), end, file.size());
  }
  return std::nullopt;
}

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// The description of our note in one segment of notes, which the file has in full. `budget` bounds the notes that are
// looked at in all.
std::optional<Bytes> find_note(Bytes notes, std::uint64_t alignment, unsigned& budget) {
  constexpr std::string_view kName(SHARDMILL_NOTE_NAME, sizeof(SHARDMILL_NOTE_NAME));  // with its zero byte
  ElfFile file(notes);
  for (std::uint64_t at = 0; at < file.size() && budget > 0; --budget) {
    auto header = file.at<Elf64_Nhdr>(at);
    if (!header) return std::nullopt;
    std::uint64_t name_at = at + sizeof *header;
    std::uint64_t description_at = name_at + padded(header->n_namesz, alignment);
    auto name = file.range(name_at, header->n_namesz);
    auto description = file.range(description_at, header->n_descsz);
    if (!name || !description) return std::nullopt;
    if (as_text(*name) == kName && header->n_type == SHARDMILL_NOTE_TYPE) return description;
    at = description_at + padded(header->n_descsz, alignment);
  }
  return std::nullopt;
}

// A function of our major version and of our minor version or an older one.
Verdict judge_abi(Bytes description) {
  std::array<std::uint32_t, 2> abi{};
  if (description.size() < sizeof abi) {
    return wrong(fmt::format("found an ABI note of {} bytes, wanted at least {}", description.size(), sizeof abi));
  }
  std::memcpy(abi.data(), description.data(), sizeof abi);
  if (abi[0] == SHARDMILL_ABI_MAJOR && abi[1] <= SHARDMILL_ABI_MINOR) return std::nullopt;
  return wrong(fmt::format("built for ABI {}.{}, wanted ABI {}.{}{}: build it with the SDK of this release", abi[0],
                           abi[1], SHARDMILL_ABI_MAJOR, SHARDMILL_ABI_MINOR,
                           SHARDMILL_ABI_MINOR > 0 ? " or an older minor version" : ""));
}

Verdict judge_note(const ElfFile& file, const Elf64_Ehdr& header) {
  unsigned budget = 10'000;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    auto segment = *file.entry<Elf64_Phdr>(header.e_phoff, i);
    if (segment.p_type != PT_NOTE) continue;
    std::optional<Bytes> found =
        find_note(*file.range(segment.p_offset, segment.p_filesz), segment.p_align == 8 ? 8 : 4, budget);
    if (!found) continue;
    return judge_abi(*found);
  }
  return wrong(
      fmt::format("found no ABI note of shardmill, wanted one for ABI {}.{}: is it a function built with the SDK?",
                  SHARDMILL_ABI_MAJOR, SHARDMILL_ABI_MINOR));
}

// Whether the table has our symbol, defined and visible from outside.
bool exports_entry(const ElfFile& file, const Elf64_Shdr& symbols, const Elf64_Shdr& names) {
  for (std::uint64_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym); ++i) {
    auto symbol = file.entry<Elf64_Sym>(symbols.sh_offset, i);
    if (!symbol) return false;
    unsigned binding = ELF64_ST_BIND(symbol->st_info);
    if (symbol->st_shndx == SHN_UNDEF || (binding != STB_GLOBAL && binding != STB_WEAK)) continue;
    if (symbol->st_name >= names.sh_size) continue;
    auto name = file.range(names.sh_offset + symbol->st_name, names.sh_size - symbol->st_name);
    constexpr std::string_view kEntry("shardmill_function", sizeof("shardmill_function"));  // with its zero byte
    if (name && as_text(*name).starts_with(kEntry)) return true;
  }
  return false;
}

Verdict judge_symbols(const ElfFile& file, const Elf64_Ehdr& header) {
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    auto section = *file.entry<Elf64_Shdr>(header.e_shoff, i);
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= header.e_shnum) {
      return wrong(fmt::format("found symbols whose names are in section {}, wanted one below {}", section.sh_link,
                               header.e_shnum));
    }
    if (exports_entry(file, section, *file.entry<Elf64_Shdr>(header.e_shoff, section.sh_link))) return std::nullopt;
    break;  // a library has one such table; a hostile one could make us read many
  }
  return wrong(
      "found no exported symbol \"shardmill_function\", wanted it: is the SHARDMILL_FUNCTION line missing, or "
      "hidden by a linker script?");
}

}  // namespace

ElfVerdict judge_elf(Bytes bytes) {
  ElfFile file(bytes);
  if (Verdict verdict = judge_magic(file)) return *verdict;
  auto header = *file.at<Elf64_Ehdr>(0);
  if (Verdict verdict = judge_platform(header)) return *verdict;
  if (Verdict verdict = judge_segments(file, header)) return *verdict;
  if (Verdict verdict = judge_sections(file, header)) return *verdict;
  if (Verdict verdict = judge_note(file, header)) return *verdict;
  if (Verdict verdict = judge_symbols(file, header)) return *verdict;
  return {};
}

}  // namespace shardmill::deploy
