// extjson/internal/messages.h: errors that name a file and a byte.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace tarn::extjson {

inline std::string Place(const std::string &path, uint64_t offset) {
    return path + " at byte " + std::to_string(offset);
}

inline Error Malformed(const std::string &path, uint64_t offset, const std::string &why) {
    return MakeError(ErrorKind::kInvalidInput, "MALFORMED_RECORD_IN_PARSING", Place(path, offset) + ": " + why);
}

inline Error OverLimit(const std::string &path, uint64_t offset, const std::string &why) {
    return MakeError(ErrorKind::kInvalidInput, "RESOURCE_LIMIT_EXCEEDED", Place(path, offset) + ": " + why);
}

inline Error OutOfMemory(const std::string &path, size_t bytes) {
    return MakeError(ErrorKind::kIo, "OUT_OF_MEMORY",
                     path + ": no memory for a block of " + std::to_string(bytes) + " bytes.");
}

}  // namespace tarn::extjson
