// engine/internal/json_path.h: Databricks' path expression, `column:field.sub[0]`, as the function tarn_json_path(value, path).
//
// (VARCHAR, path) -> VARCHAR: `value` is JSON text. A string comes without its quotes, an object or array as JSON text; JSON
// null, a missing field and text that is no JSON are NULL. With [*] the answer is the JSON array of what was found.
// (VARIANT, path) -> VARIANT: names are case-sensitive, and there is no [*].
// The path is a constant that the SQL room wrote (base/json_path.h).
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

void RegisterJsonPath(duckdb::DatabaseInstance &db);

}  // namespace tarn::engine
