// engine/internal/settings.h: what SET has set in a session.
//
// Keys are Spark's and Databricks'. As there, any key can be set; one that would change what queries answer, and that this build
// does not keep up, is refused.
#pragma once

#include <string>

#include "delta/action.h"
#include "engine/internal/state.h"

namespace tarn::engine {

inline constexpr const char *kCodecSetting = "spark.sql.parquet.compression.codec";

// Without regard to the key's case; `fallback` when it is not set.
std::string SettingOr(const SessionState &session, const std::string &key, const std::string &fallback);
bool BoolSetting(const SessionState &session, const std::string &key, bool fallback);

// Properties that new tables have unless their statement says otherwise: spark.databricks.delta.properties.defaults.NAME.
// Errors: those of delta::CheckProperties.
Result<delta::StringMap> DefaultProperties(const SessionState &session);

}  // namespace tarn::engine
