// sql/functions.h: Spark's built-in functions and how DuckDB spells them.
//
// Most Spark functions are a plain DuckDB expression. Where no DuckDB expression gives Spark's answer, the rendered
// text calls a helper `spark_…`. RenderContext::helpers collects the names that a text calls. Whoever runs the text
// makes each of them known to DuckDB first, in either way:
//   - a native function of that name (the faster way; contract of each helper: HelperMacros()[i].semantics), or
//   - the DuckDB macro that HelperMacros() gives (`ddl`, and before it the ddl of the helpers it `needs`).
// Threads: constant tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::sql {

struct HelperMacro {
    std::string_view name;
    std::string_view semantics;  // argument types, result, NULLs, errors
    std::string_view ddl;        // CREATE OR REPLACE TEMP MACRO …, one statement
    std::string_view needs;      // helpers that `ddl` calls, separated by blanks
};

// Sorted by name.
std::span<const HelperMacro> HelperMacros();
// nullptr when there is none.
const HelperMacro *FindHelperMacro(std::string_view name);

// Names of all functions that the renderer knows, lower case, sorted: for SHOW FUNCTIONS and completion.
const std::vector<std::string_view> &FunctionNames();

}  // namespace tarn::sql
