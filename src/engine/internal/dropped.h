// engine/internal/dropped.h: dropped managed tables, which can be had back for seven days.
//
// A dropped table's folder is set aside in the warehouse, so that its name and place are free at once. On an object store,
// where folders cannot be moved, it stays where it is until a table of the same place is made. The metastore keeps what it
// knew of the table. Whatever is older is removed when a table is dropped, had back, listed or vacuumed.
// Catalog-managed tables, streaming tables and materialized views are removed at once.
#pragma once

#include <string>

#include "engine/internal/statement_context.h"

namespace tarn::engine {

// Whether DropEntry sets the table aside instead of removing it.
Result<bool> CanSetAside(SessionState &session, const catalog::TableEntry &entry);
Result<void> SetAside(SessionState &session, const catalog::TableEntry &entry);
// Removes dropped tables that are older than seven days.
Result<void> RemoveExpired(SessionState &session);
// Removes a dropped table that lies where a new one shall lie.
Result<void> FreePlace(SessionState &session, const std::string &location);

}  // namespace tarn::engine
