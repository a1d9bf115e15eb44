// engine/internal/object_file_system.h: s3:// paths for DuckDB, over storage's ObjectStore.
//
// Reads go through storage::ObjectReader (few requests), writes through ObjectWriter: the object appears when its handle
// is closed, and not at all when it is destroyed before. There are no folders: creating one does nothing.
// Errors of the store pass through DuckDB unchanged (duck_error.h).
// Threads: any; a handle that is written, one at a time.
#pragma once

#include <string>

#include "engine/internal/duckdb_headers.h"
#include "storage/object_store.h"

namespace tarn::engine {

// Costs nothing until an s3:// path is used.
void RegisterObjectFileSystem(duckdb::DatabaseInstance &db);

// What spares DuckDB a look at a file whose size the caller knows, and that never changes.
duckdb::OpenFileInfo KnownFile(const std::string &path, int64_t size);

// The objects that a pattern with * ? [a-z] names, whose parts do not cross slashes but for **. Sorted.
// Cost: a listing below the part before the first wildcard.
Result<std::vector<storage::ObjectInfo>> GlobObjects(const std::string &pattern);

}  // namespace tarn::engine
