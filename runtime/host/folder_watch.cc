#include "host/folder_watch.h"

namespace shardmill::host {

namespace {

// What comes within this time of the first event is told together with it.
constexpr std::uint64_t kFoldMs = 10;

}  // namespace

Result<ActiveWatch*> ActiveWatch::start(uv_loop_t* loop, const std::string& folder, std::function<void()> changed) {
  auto* self = new ActiveWatch(std::move(changed));  // libuv holds it until both handles are closed
  self->events_.data = self;
  self->fold_.data = self;
  uv_fs_event_init(loop, &self->events_);
  uv_timer_init(loop, &self->fold_);
  int error = uv_fs_event_start(
      &self->events_,
      [](uv_fs_event_t* events, const char*, int, int) {
        static_cast<ActiveWatch*>(events->data)->something_happened();
      },
      folder.c_str(), 0);
  if (error != 0) {
    self->end();
    return fail(error == UV_ENOENT ? Errc::not_found : Errc::io,
                "cannot watch " + folder + ": " + uv_strerror(error));
  }
  return self;
}

void ActiveWatch::something_happened() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&fold_)) != 0) return;
  uv_timer_start(&fold_, [](uv_timer_t* fold) { static_cast<ActiveWatch*>(fold->data)->changed_(); }, kFoldMs, 0);
}

void ActiveWatch::end() {
  auto closed = [](uv_handle_t* handle) {
    auto* self = static_cast<ActiveWatch*>(handle->data);
    if (--self->open_handles_ == 0) delete self;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&events_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&fold_), closed);
}

}  // namespace shardmill::host
