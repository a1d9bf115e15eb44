# Everything from outside. Reasons: docs/adr/0002-dependencies.md; licences: THIRD_PARTY.md.
find_package(Threads REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.87 REQUIRED)
find_package(PkgConfig REQUIRED)
find_library(ROARING_LIBRARY roaring REQUIRED)
find_path(ROARING_INCLUDE_DIR roaring/roaring64map.hh REQUIRED)
# Languages, stems and characters for src/ai/local. CLD2 and libstemmer come without CMake or pkg-config files.
find_library(CLD2_LIBRARY cld2 REQUIRED)
find_path(CLD2_INCLUDE_DIR cld2/public/compact_lang_det.h REQUIRED)
find_library(STEMMER_LIBRARY stemmer REQUIRED)
find_path(STEMMER_INCLUDE_DIR libstemmer.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
find_path(UTF8PROC_INCLUDE_DIR utf8proc.h REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)

if(NOT EXISTS ${TARN_DUCKDB_ROOT}/lib/libduckdb.so OR NOT EXISTS ${TARN_DUCKDB_ROOT}/include/duckdb.hpp)
  message(FATAL_ERROR "DuckDB 1.5.6 is missing in ${TARN_DUCKDB_ROOT}. Run scripts/fetch-duckdb.sh, or pass "
    "-DTARN_DUCKDB_ROOT=DIR with include/duckdb.hpp, extension/parquet/include, third_party/ and lib/libduckdb.so.")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${TARN_DUCKDB_ROOT}/lib/libduckdb.so IMPORTED_NO_SONAME ON)
target_include_directories(duckdb SYSTEM INTERFACE
  ${TARN_DUCKDB_ROOT}/include ${TARN_DUCKDB_ROOT}/extension/parquet/include
  ${TARN_DUCKDB_ROOT}/third_party/parquet ${TARN_DUCKDB_ROOT}/third_party/thrift
  ${TARN_DUCKDB_ROOT}/third_party/zstd/include ${TARN_DUCKDB_ROOT}/third_party/snappy
  ${TARN_DUCKDB_ROOT}/third_party/lz4 ${TARN_DUCKDB_ROOT}/third_party/brotli/include ${TARN_DUCKDB_ROOT}/third_party/re2
  ${TARN_DUCKDB_ROOT}/third_party/fsst ${TARN_DUCKDB_ROOT}/third_party/fastpforlib
  ${TARN_DUCKDB_ROOT}/third_party/utf8proc/include ${TARN_DUCKDB_ROOT}/third_party/concurrentqueue)
