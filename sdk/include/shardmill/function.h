// The one header a function includes, and the one macro it calls:
//
//   #include <shardmill/function.h>
//
//   SHARDMILL_FUNCTION([](const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
//     for (shardmill::Record record : batch)
//       ctx.emit("greetings", record.partition_key(), "hello " + std::string(record.data()));
//   })
//
// SHARDMILL_FUNCTION takes a lambda, a function or a class, once per library. A class is constructed once per worker
// before its first event (what it throws is the reason why the worker does not start) and called for each event:
//
//   struct Count {
//     std::uint64_t seen = 0;
//     shardmill::Outcome operator()(const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
//       if (ctx.attempt() > 10) return shardmill::fail("gave up");
//       ctx.info("seen ", seen += batch.size());
//       return shardmill::ok();
//     }
//     std::string operator()(const shardmill::Payload& payload) { return std::string(payload.text()); }
//   };
//   SHARDMILL_FUNCTION(Count)
//
// What the handler can be called with is what the function takes: `StreamBatch` (records of one shard) and `Payload`
// (raw bytes; `std::string_view` will do). `Context&` may be left out. It may return nothing, an Outcome or, for a payload, text: the response.
// What it throws fails the event, which is tried again; no exception leaves the library.
#pragma once

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <typeinfo>

#include <cxxabi.h>

#include "shardmill/abi.h"
#include "shardmill/context.h"
#include "shardmill/events.h"

namespace shardmill::detail {

template <class Handler, class Event>
inline constexpr bool takes =
    std::is_invocable_v<Handler&, const Event&, Context&> || std::is_invocable_v<Handler&, const Event&>;

template <class Handler>
constexpr std::uint64_t kinds_of() {
  std::uint64_t kinds = 0;
  if (takes<Handler, StreamBatch>) kinds |= SHARDMILL_KIND_BIT(SHARDMILL_STREAM_BATCH);
  if (takes<Handler, Payload>) kinds |= SHARDMILL_KIND_BIT(SHARDMILL_PAYLOAD);
  return kinds;
}

inline std::int32_t fail(const shardmill_host& host, std::string_view type, std::string_view text) {
  host.fail(host.context, lend(type), lend(text));
  return SHARDMILL_FAILED;
}

// Runs `call` and turns what it throws into a failure of the call in progress.
template <class Call>
std::int32_t guarded(const shardmill_host& host, Call call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return SHARDMILL_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), std::free);
    return fail(host, name ? name.get() : "std::exception", error.what());
  } catch (...) {
    return fail(host, "unknown", "threw something that is not a std::exception");
  }
}

template <class Handler, class Event>
decltype(auto) call(Handler& handler, const Event& event, Context& context) {
  if constexpr (std::is_invocable_v<Handler&, const Event&, Context&>) {
    return handler(event, context);
  } else {
    return handler(event);
  }
}

template <class Handler, class Event>
std::int32_t deliver(Handler& handler, const Event& event, Context& context) {
  using Returned = std::remove_cvref_t<decltype(call(handler, event, context))>;
  if constexpr (std::is_void_v<Returned>) {
    call(handler, event, context);
    return SHARDMILL_OK;
  } else if constexpr (std::is_same_v<Returned, Outcome>) {
    const Outcome outcome = call(handler, event, context);
    return outcome.is_ok() ? SHARDMILL_OK : fail(context.host(), outcome.type(), outcome.why());
  } else {
    static_assert(std::is_same_v<Event, Payload> && std::is_convertible_v<Returned, std::string_view>,
                  "a handler returns nothing or a shardmill::Outcome; for a Payload also text");
    const auto response = call(handler, event, context);
    std::int32_t status = context.host().respond(context.host().context, lend(response));
    return status == SHARDMILL_OK ? status : fail(context.host(), "ResponseTooLarge", "the response does not fit");
  }
}

template <class Handler>
std::int32_t init(const shardmill_host* host, void** instance) {
  return guarded(*host, [&] {
    *instance = new Handler();
    return SHARDMILL_OK;
  });
}

template <class Handler>
std::int32_t handle(void* instance, const shardmill_host* host, const shardmill_invocation* invocation) {
  return guarded(*host, [&]() -> std::int32_t {
    auto& handler = *static_cast<Handler*>(instance);
    Context context(*host, *invocation);
    if constexpr (takes<Handler, StreamBatch>) {
      if (invocation->kind == SHARDMILL_STREAM_BATCH) {
        auto* batch = static_cast<const shardmill_stream_batch*>(invocation->event.data);
        return deliver(handler, StreamBatch(batch), context);
      }
    }
    if constexpr (takes<Handler, Payload>) {
      if (invocation->kind == SHARDMILL_PAYLOAD) {
        return deliver(handler, Payload(view(invocation->event)), context);
      }
    }
    return fail(*host, "UnsupportedEvent", "the function does not take events of this kind");
  });
}

template <class Handler>
void destroy(void* instance) {
  delete static_cast<Handler*>(instance);
}

template <class Handler>
constexpr shardmill_function_table table() {
  static_assert(kinds_of<Handler>() != 0,
                "a handler is called with const StreamBatch& or const Payload&, and optionally Context&");
  return {SHARDMILL_ABI_MAJOR, SHARDMILL_ABI_MINOR, sizeof(shardmill_function_table),
          kinds_of<Handler>(), init<Handler>,       handle<Handler>,
          destroy<Handler>};
}

// SHARDMILL_FUNCTION writes `Given<type of X> given(X);`. For a class X that declares a function; for a lambda or a
// function it defines an object. HandlerOf tells which, and names the type to construct.
template <class T>
struct Given {
  template <class Lambda>
  constexpr explicit Given(const Lambda&) noexcept {}
};
template <class R, class... A>
struct Given<R(A...)> {
  R (*function)(A...);
  constexpr explicit Given(R (*f)(A...)) noexcept : function(f) {}
};
template <auto& given>
struct Function {
  template <class... A>
    requires std::is_invocable_v<decltype(given.function), A...>
  decltype(auto) operator()(A&&... arguments) const {
    return given.function(static_cast<A&&>(arguments)...);
  }
};

template <auto& given, class G>
struct HandlerOf;
template <auto& given, class T>
struct HandlerOf<given, Given<T>> {
  static_assert(std::is_default_constructible_v<T>, "a lambda given to SHARDMILL_FUNCTION captures nothing");
  using type = T;
};
template <auto& given, class T, class U>
struct HandlerOf<given, Given<T>(U)> {
  static_assert(std::is_default_constructible_v<T>,
                "a class given to SHARDMILL_FUNCTION has a default constructor");
  using type = T;
};
template <auto& given, class R, class... A>
struct HandlerOf<given, Given<R(A...)>> {
  using type = Function<given>;
};
template <auto& given>
using handler_of = typename HandlerOf<given, std::remove_const_t<std::remove_reference_t<decltype(given)>>>::type;

}  // namespace shardmill::detail

#ifdef __clang__
#define SHARDMILL_QUIET_UNDEFINED _Pragma("clang diagnostic ignored \"-Wundefined-internal\"")
#else
#define SHARDMILL_QUIET_UNDEFINED
#endif

#define SHARDMILL_FUNCTION(...)                                                                        \
  SHARDMILL_ABI_NOTE                                                                                   \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wunused-function\"")               \
      SHARDMILL_QUIET_UNDEFINED namespace {                                                            \
    [[maybe_unused]] ::shardmill::detail::Given<__typeof__(__VA_ARGS__)> shardmill_given(__VA_ARGS__); \
  }                                                                                                    \
  const shardmill_function_table shardmill_function =                                                  \
      ::shardmill::detail::table<::shardmill::detail::handler_of<shardmill_given>>();                  \
  _Pragma("GCC diagnostic pop")
