// parquet/internal/format.h: numbers of parquet.thrift that pages and footers share.
#pragma once

#include <cstdint>

namespace tarn::parquet {

enum PageType : int32_t { kDataPage = 0, kDictionaryPage = 2 };
enum Encoding : int32_t { kPlain = 0, kRle = 3, kRleDictionary = 8 };

}  // namespace tarn::parquet
