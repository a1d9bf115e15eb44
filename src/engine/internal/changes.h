// engine/internal/changes.h: table_changes() and table_changes_by_path(): a table's change data feed as rows.
#pragma once

#include "engine/internal/statement_context.h"

namespace tarn::engine {

bool IsTableChanges(const sql::TableFunction &function);

// A FROM item: the table's columns, then _change_type, _commit_version and _commit_timestamp. Arguments: the table's name (or
// path), the first version or time, and, if given, the last.
// Errors: those of delta::ReadChangeFeed; DELTA_NO_START_FOR_CDC_READ, DELTA_INVALID_CDC_RANGE,
// DELTA_CDC_START_VERSION_AFTER_LATEST, DELTA_CDC_READ_NULL_RANGE_BOUNDARY.
Result<std::string> RenderTableChanges(StatementContext &context, const sql::TableFunction &function,
                                       const std::vector<sql::RenderedArgument> &args);

}  // namespace tarn::engine
