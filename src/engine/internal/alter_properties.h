// engine/internal/alter_properties.h: ALTER TABLE … SET and UNSET TBLPROPERTIES, and what must happen before a property can
// be set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/internal/statement_context.h"
#include "sql/statement.h"

namespace tarn::engine {

// Returns the protocol that the table has from now on, if another than `current`.
// Errors: those of delta::CheckProperties and TakeProtocolProperties; DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE;
// DELTA_ADD_CONSTRAINTS, DELTA_CANNOT_CHANGE_LOCATION, DELTA_CANNOT_CHANGE_PROVIDER: other statements do that.
Result<std::optional<delta::Protocol>> SetProperties(delta::Metadata &metadata, const delta::Protocol &current, const sql::Properties &properties);
// Errors: DELTA_UNSET_NON_EXISTENT_PROPERTY.
Result<void> UnsetProperties(delta::Metadata &metadata, const std::string &table, const std::vector<std::string> &keys, bool if_exists);

// Whether the properties switch row tracking on for a table that does not have it.
bool StartsRowTracking(const delta::Metadata &metadata, const sql::Properties &properties);
// Gives every file of the table a base row id, in commits of their own, so that row tracking can be switched on. Writers
// that come later know the feature, and give ids to their files.
// Specification: PROTOCOL.md, "Row Tracking".
Result<void> BackfillRowIds(StatementContext &context, const TargetTable &target);

}  // namespace tarn::engine
