# tarn_test(NAME ROOM_LIBRARY...): tests/unit/<room>/NAME.cpp as one GoogleTest program, run by ctest.
function(tarn_test name)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gtest_main)
  # GoogleTest's macros take longer to optimise than the tests to run; what they test is optimised.
  target_compile_options(${name} PRIVATE -O0)
  target_compile_definitions(${name} PRIVATE TARN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
