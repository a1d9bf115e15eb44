// sql/internal/function_tables.h: where the tables of functions are; renderer.h says how to read a FunctionSpec.
#pragma once

#include <span>

#include "sql/internal/renderer.h"

namespace tarn::sql {

std::span<const FunctionSpec> TextFunctions();
std::span<const FunctionSpec> NumberFunctions();
std::span<const FunctionSpec> TimeFunctions();
std::span<const FunctionSpec> NestedFunctions();
std::span<const FunctionSpec> AggregateFunctions();
std::span<const FunctionSpec> AiFunctions();
std::span<const FunctionSpec> OtherFunctions();  // conditions, JSON, hashes, session

}  // namespace tarn::sql
