// sql/functions.h: Spark's built-in functions, and the helpers that their DuckDB text calls.
//
// Most Spark functions are a plain DuckDB expression. Where no DuckDB expression gives Spark's answer, the text calls a
// helper `spark_…`. RenderContext::helpers collects the names that rendered texts call. Whoever runs such a text makes
// each of them known to DuckDB first, in either way:
//   - the macro in HelperMacros() (`ddl`, after the ddl of every helper that it `needs`). Creating one costs about half a
//     millisecond: create those that a text uses, once a session, not all at start;
//   - a native function of that name. Faster to run, and needed for the exact answer where `gap` says what the macro
//     misses (a macro cannot look at its arguments' types). A registered native function replaces the macro: do not
//     create both.
// Helpers raise Spark's errors as DuckDB errors whose text starts with the class: "[DIVIDE_BY_ZERO] …".
// One gap has no helper: sum() of integers is HUGEINT in DuckDB and BIGINT in Spark. No other Spark value is HUGEINT:
// the engine casts HUGEINT columns of a result to BIGINT (ARITHMETIC_OVERFLOW when one does not fit).
// Threads: constant tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::sql {

struct HelperMacro {
    std::string_view name;
    std::string_view semantics;  // arguments, result, NULLs, errors: the contract of a native function
    std::string_view gap;        // what the macro does differently; empty when it is exact
    std::string_view ddl;        // CREATE OR REPLACE TEMP MACRO …, one statement
    std::string_view needs = {}; // helpers that `ddl` calls, separated by blanks
};

// Sorted by name.
std::span<const HelperMacro> HelperMacros();
// nullptr when there is none.
const HelperMacro *FindHelperMacro(std::string_view name);
// `helpers` and all that they need, each after what it needs; names without a macro are left out.
std::vector<const HelperMacro *> HelpersInOrder(const std::vector<std::string> &helpers);

// Names of all functions that the renderer knows, lower case, sorted: for SHOW FUNCTIONS and completion.
const std::vector<std::string_view> &FunctionNames();

}  // namespace tarn::sql
