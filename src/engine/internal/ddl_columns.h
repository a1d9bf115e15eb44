// engine/internal/ddl_columns.h: the column clauses and constraints of CREATE TABLE and ALTER TABLE as Delta's metadata.
#pragma once

#include <string>
#include <vector>

#include "delta/action.h"
#include "engine/internal/statement_context.h"
#include "sql/statement.h"

namespace tarn::engine {

// The columns with their comments, defaults, generation expressions, identities and text lengths.
// Errors: DELTA_IDENTITY_COLUMNS_…; DELTA_NESTED_NOT_NULL_CONSTRAINT.
Result<DataType> SchemaOf(const std::vector<sql::ColumnDef> &columns);
Result<Field> FieldOf(const sql::ColumnDef &column);

// Writes a CHECK constraint into the table's properties; what Delta does not enforce (keys) is passed over, as Spark does.
// Errors: DELTA_CONSTRAINT_ALREADY_EXISTS; DELTA_INVALID_CONSTRAINT_NAME.
Result<void> AddConstraint(delta::StringMap &configuration, const sql::TableConstraint &constraint);
// The property that holds a CHECK constraint.
std::string ConstraintKey(std::string_view name);

// Binds every rule of the table, so that a rule no row could be checked by is refused where it is written.
// Errors: DELTA_INVALID_CHECK_CONSTRAINT_REFERENCES, DELTA_NON_BOOLEAN_CHECK_CONSTRAINT,
// DELTA_INVALID_GENERATED_COLUMN_REFERENCES, DELTA_GENERATED_COLUMNS_EXPR_TYPE_MISMATCH, …
Result<void> CheckRules(StatementContext &context, const delta::Metadata &metadata);

// WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED: as Databricks asks for, the feature is named first.
Error DefaultsNotEnabled(const std::string &command);

// Which rules name the column, for errors about changing it: "price_positive -> price > 0".
// Of constraints, and of generated columns.
std::vector<std::string> ConstraintsOn(const delta::Metadata &metadata, const std::string &column);
std::vector<std::string> GeneratedFrom(const delta::Metadata &metadata, const std::string &column);

}  // namespace tarn::engine
