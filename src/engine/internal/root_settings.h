// engine/internal/root_settings.h: ROOT/tarn.yml, what a root is set up with. There need not be one.
//
//   warehouse: s3://bucket/prefix     # where managed tables lie; else ROOT/warehouse. TARN_WAREHOUSE wins.
//   s3:
//     endpoint: http://127.0.0.1:9000 # also region, profile, path_style, anonymous; never keys
//   ai: …                             # models to ask, see ai_settings.h
#pragma once

#include <filesystem>
#include <string>

#include "ai/settings.h"
#include "base/error.h"
#include "storage/s3_settings.h"

namespace tarn::engine {

struct RootSettings {
    std::string warehouse;  // Canonical.
    storage::S3Settings s3;
    ai::Settings ai;
};

// Errors: INVALID_PARAMETER_VALUE, with the file and what it may say.
Result<RootSettings> ReadRootSettings(const std::filesystem::path &root);

}  // namespace tarn::engine
