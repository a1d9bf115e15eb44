// engine/internal/variant_text.h: a VARIANT value as Spark prints it, which is as JSON.
#pragma once

#include <string>

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// REQUIRES: `value` is a VARIANT and not NULL. Instants are shown in UTC.
void AppendVariant(const duckdb::Value &value, std::string &out);

}  // namespace tarn::engine
