// engine/internal/drop_feature.h: ALTER TABLE … DROP FEATURE.
//
// First every trace of the feature goes from the table as it is now; then the feature goes from the protocol. Older versions
// may still need it to be read. Without TRUNCATE HISTORY three checkpoints stand between them and what comes, and the
// feature checkpointProtection keeps them there, so the feature is gone at once. With it, older versions must be old enough
// to be removed, which takes a second run a day later.
#pragma once

#include <string>

#include "engine/internal/statement_context.h"

namespace tarn::engine {

// Errors: DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT, DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE, DELTA_FEATURE_DROP_DEPENDENT_FEATURE,
// DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD, DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST, DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE.
Result<void> DropFeature(StatementContext &context, const TargetTable &target, const std::string &feature, bool truncate_history);

}  // namespace tarn::engine
