#include "base/error.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

TEST(Error, PrintsClassMessageStateAndPlace) {
    Error error = MakeError(ErrorKind::kNotFound, "TABLE_OR_VIEW_NOT_FOUND", "The table or view `t` cannot be found.");
    error.position = {1, 15};
    error.remedy = "Did you mean `u`?";
    EXPECT_EQ(error.ToString(),
              "[TABLE_OR_VIEW_NOT_FOUND] The table or view `t` cannot be found. SQLSTATE: 42P01 (line 1, column 15)\n"
              "Remedy: Did you mean `u`?");
}

TEST(Error, SubclassHasItsMainClassState) {
    EXPECT_EQ(SqlStateOf("UNRESOLVED_COLUMN.WITH_SUGGESTION"), "42703");
    EXPECT_EQ(SqlStateOf("NO_SUCH_CLASS"), "XXKST");
}

Result<int> Half(int value) {
    if (value % 2 != 0) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "odd");
    return value / 2;
}

Result<int> Quarter(int value) {
    TARN_TRY(int half, Half(value));
    TARN_CHECK(Half(half));
    return half / 2;
}

TEST(Error, TryHandsTheErrorUp) {
    EXPECT_EQ(Quarter(8).value(), 2);
    EXPECT_EQ(Quarter(6).error().message, "odd");
    EXPECT_EQ(Quarter(7).error().sqlstate, "22023");
}

}  // namespace
}  // namespace tarn
