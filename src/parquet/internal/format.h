// parquet/internal/format.h: numbers of parquet.thrift that pages and footers share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tarn::parquet {

// Of values in a page, before compression: what a second-level cache holds, when it is written and when it is read.
inline constexpr size_t kPageBytes = size_t{1} << 18;

enum PageType : int32_t { kDataPage = 0, kDictionaryPage = 2 };
enum Encoding : int32_t { kPlain = 0, kRle = 3, kRleDictionary = 8 };

}  // namespace tarn::parquet
