# What `cmake --install` puts into a prefix beside the binary: the SDK's headers and the CMake package that
# find_package(shardmill) finds there.
include(CMakePackageConfigHelpers)

set(package_dir lib/cmake/shardmill)  # the same on every machine: nothing in it depends on one

add_library(shardmill::sdk ALIAS shardmill_sdk)
set_target_properties(shardmill_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS shardmill_sdk EXPORT shardmillTargets)
install(EXPORT shardmillTargets NAMESPACE shardmill:: DESTINATION ${package_dir})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/shardmillConfig.cmake.in
  ${CMAKE_BINARY_DIR}/shardmillConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_BINDIR NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/shardmillConfigVersion.cmake COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/shardmillConfig.cmake ${CMAKE_BINARY_DIR}/shardmillConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/shardmill_function.cmake DESTINATION ${package_dir})

# Inside this build find_package(shardmill) finds the targets that exist already, so that a function's CMakeLists.txt
# reads the same here and outside.
set(shardmill_DIR ${CMAKE_BINARY_DIR}/package)
file(WRITE ${shardmill_DIR}/shardmillConfig.cmake "set(SHARDMILL_BINARY ${CMAKE_BINARY_DIR}/shardmill)\n")
include(shardmill_function)
