# shardmill_add_function(NAME sources...): a function, built twice from one source list.
#
#   NAME          functions/NAME.so in the build folder (or in SHARDMILL_FUNCTION_DIR): the file to drop into a runtime
#   NAME_static   the same objects to link into a unit test
#
# Belongs to the installed package; the project's own functions are built by the same lines.
function(shardmill_add_function name)
  if(NOT name MATCHES "^[A-Za-z0-9_-]+$")
    message(FATAL_ERROR "shardmill_add_function: the function name \"${name}\" has characters other than letters, digits, - and _")
  endif()
  if(NOT ARGN)
    message(FATAL_ERROR "shardmill_add_function(${name}): there are no source files")
  endif()
  if(NOT SHARDMILL_FUNCTION_DIR)
    set(SHARDMILL_FUNCTION_DIR ${CMAKE_BINARY_DIR}/functions)
  endif()

  add_library(${name}_static OBJECT ${ARGN})
  target_link_libraries(${name}_static PUBLIC shardmill::sdk)
  set_target_properties(${name}_static PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)

  add_library(${name} MODULE $<TARGET_OBJECTS:${name}_static>)
  target_link_libraries(${name} PRIVATE ${name}_static)
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${SHARDMILL_FUNCTION_DIR} LINKER_LANGUAGE CXX)
  # A symbol that nobody defines is found here, not when the runtime loads the file. Sanitizers define theirs later.
  if(NOT "${SHARDMILL_SANITIZE}${CMAKE_CXX_FLAGS}" MATCHES "address|undefined|thread|fsanitize")
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()
