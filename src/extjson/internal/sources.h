// extjson/internal/sources.h: where bytes come from.
#pragma once

#include <memory>

#include "extjson/extjson.h"

namespace tarn::extjson {

// Opens `file` and undoes gzip or zstd, told by the first bytes.
// Errors: PATH_NOT_FOUND, FAILED_READ_FILE; also from the source's Read.
Result<std::unique_ptr<ByteSource>> OpenDecoded(const InputFile &file);

}  // namespace tarn::extjson
