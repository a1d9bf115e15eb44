// delta/internal/hint.h: _last_checkpoint, which saves readers a listing of the whole log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::delta {

struct CheckpointHint {
    int64_t version = 0;
    int64_t actions = 0;
    int64_t bytes = 0;      // Sidecars included.
    int64_t add_files = 0;
};
// With its checksum (PROTOCOL.md, "JSON checksum").
std::string HintText(const CheckpointHint &hint);

// What a hint says about where its checkpoint is. Not checked against the store.
struct HintedFiles {
    int64_t version = 0;
    int64_t parts = 0;     // Of a multi-part checkpoint; 0: it is one file,
    std::string v2_name;   // of this name in the log's folder; "": the classic name.
};
// nullopt when it is damaged: no JSON, no version, or another checksum than it says.
std::optional<HintedFiles> ParseHint(std::string_view text);

// The form over which the checksum is computed; nullopt when `json` is no JSON object.
std::optional<std::string> CanonicalJson(std::string_view json);
// RFC 1321, 32 hex digits.
std::string Md5Hex(std::string_view bytes);

}  // namespace tarn::delta
