// sql/parameters.h: what :name stands for, as a tree. A value is bound as a constant; it never becomes part of a text.
//
// Specification: Databricks SQL's named parameter markers and its IDENTIFIER clause.
// Threads: immutable values; share freely.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/ast.h"

namespace tarn::sql {

using Parameters = std::map<std::string, ExprPtr, std::less<>>;

ExprPtr NullValue();
ExprPtr StringValue(std::string text);
ExprPtr BooleanValue(bool value);
// Errors: CAST_INVALID_INPUT for what is not a number of SQL ("12", "-1.5", "1e3") or a date ("2024-02-29").
Result<ExprPtr> NumberValue(std::string_view text);
Result<ExprPtr> DateValue(std::string_view text);
ExprPtr StringArrayValue(std::vector<std::string> items);
// :name.field reads a field of it.
ExprPtr StructValue(std::vector<std::pair<std::string, ExprPtr>> fields);

}  // namespace tarn::sql
