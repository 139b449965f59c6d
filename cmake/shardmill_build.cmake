# How every target of the project is compiled: one place for warnings, sanitizers and the compiler cache.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Sanitized builds run every test: optimise a little, and keep only what stack traces need.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

add_library(shardmill_options INTERFACE)
target_compile_options(shardmill_options INTERFACE -Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these inside coroutines, std::expected and (restrict) std::string.
  target_compile_options(shardmill_options INTERFACE -Wno-maybe-uninitialized -Wno-free-nonheap-object -Wno-restrict)
endif()
if(SHARDMILL_SANITIZE)
  target_compile_options(shardmill_options INTERFACE -fsanitize=${SHARDMILL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(shardmill_options INTERFACE -fsanitize=${SHARDMILL_SANITIZE})
  target_compile_definitions(shardmill_options INTERFACE SHARDMILL_SANITIZED=1)
  if(SHARDMILL_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio has fences, which the thread sanitizer does not see. Its queues are ordered by mutexes besides.
    target_compile_options(shardmill_options INTERFACE -Wno-tsan)
  endif()
endif()

# shardmill_library(NAME SOURCES ... LINKS ...): a static part of the runtime, with runtime/ as its include root.
function(shardmill_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/runtime ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC shardmill_options ${arg_LINKS})
endfunction()

# shardmill_unit_test(NAME SOURCES ... LINKS ...): a Catch2 executable that ctest runs in a process of its own.
function(shardmill_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE shardmill_options shardmill_catch_main ${arg_LINKS})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
