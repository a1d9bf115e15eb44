// engine/internal/insert.h: what INSERT shares with TRUNCATE and COPY INTO.
#pragma once

#include <vector>

#include "delta/action.h"
#include "engine/internal/statement_context.h"
#include "sql/statement.h"

namespace tarn::engine {

// Errors: NON_PARTITION_COLUMN.
Result<void> CheckPartitionColumns(const std::vector<sql::PartitionValue> &partition, const delta::Metadata &metadata);

// Whether new columns may come with a write: WITH SCHEMA EVOLUTION, or the session's
// spark.databricks.delta.schema.autoMerge.enabled.
bool MayEvolve(const SessionState &session, bool said);

}  // namespace tarn::engine
