// engine/internal/show_create.h: SHOW CREATE TABLE.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "delta/snapshot.h"

namespace tarn::engine {

// The statement that makes the table or view anew: columns with all that belongs to them, layout, place and properties. Of a
// table that is; `snapshot` is nullptr for a view, whose columns are `schema`.
std::string CreateStatement(const catalog::TableEntry &entry, const DataType &schema, const delta::Snapshot *snapshot);

}  // namespace tarn::engine
