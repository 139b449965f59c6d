#include "worker/memory_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace shardmill::worker {

namespace {

std::unexpected<Error> refused(const std::string& call) {
  return fail(Errc::io, call + ": " + std::generic_category().message(errno));
}

Result<OwnedFd> make_file(const char* name, std::size_t size, unsigned flags) {
  OwnedFd file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
  if (file.get() < 0) return refused("memfd_create");
  if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return refused("ftruncate of a memfd");
  return file;
}

Result<SharedMemory> make_sealed(const char* name, std::size_t size, int protection, int seals) {
  auto file = make_file(name, size, 0);
  if (!file) return std::unexpected(file.error());
  void* at = mmap(nullptr, size, protection, MAP_SHARED, file->get(), 0);
  if (at == MAP_FAILED) return refused("mmap of a memfd");
  SharedMemory memory{std::move(*file), Mapping({static_cast<std::byte*>(at), size})};
  if (fcntl(memory.file.get(), F_ADD_SEALS, seals) != 0) return refused("sealing a memfd");
  return memory;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  reset();
  fd_ = other.release();
  return *this;
}

int OwnedFd::release() {
  return std::exchange(fd_, -1);
}

void OwnedFd::reset() {
  if (fd_ >= 0) ::close(release());
}

Mapping::~Mapping() {
  if (!memory_.empty()) munmap(memory_.data(), memory_.size());
}

Result<SharedMemory> make_input_memory(std::size_t size) {
  return make_sealed("shardmill-input", size, PROT_READ | PROT_WRITE,
                     F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

Result<SharedMemory> make_output_memory(std::size_t size) {
  return make_sealed("shardmill-output", size, PROT_READ, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

Result<Mapping> map_shared(int fd, std::size_t size, bool writable) {
  void* at = mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return refused("mmap of shared memory");
  return Mapping({static_cast<std::byte*>(at), size});
}

Result<Mapping> make_private_memory(std::size_t size) {
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return refused("mmap");
  return Mapping({static_cast<std::byte*>(at), size});
}

Result<OwnedFd> sealed_copy(const std::string& path, const std::string& name) {
  OwnedFd source(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about{};
  if (source.get() < 0 || fstat(source.get(), &about) != 0) return refused("cannot read " + path);
  auto copy = make_file(name.c_str(), 0, 0);
  if (!copy) return copy;
  for (off_t done = 0; done < about.st_size;) {
    ssize_t n = sendfile(copy->get(), source.get(), nullptr, static_cast<std::size_t>(about.st_size - done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return refused("cannot copy " + path);
    if (n == 0) break;
    done += n;
  }
  if (fcntl(copy->get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return refused("sealing a memfd");
  }
  return copy;
}

}  // namespace shardmill::worker
