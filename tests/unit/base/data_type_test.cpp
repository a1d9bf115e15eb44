#include "base/data_type.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

TEST(DataType, PrintsAsSparkDoes) {
    DataType type = DataType::Struct({{"a", DataType::Of(TypeKind::kInt)},
                                      {"b", DataType::Array(DataType::Decimal(10, 2))},
                                      {"c", DataType::Map(DataType::Of(TypeKind::kString), DataType::Of(TypeKind::kLong))}});
    EXPECT_EQ(type.ToString(), "struct<a:int,b:array<decimal(10,2)>,c:map<string,bigint>>");
    EXPECT_EQ(type.ToSql(), "STRUCT<a: INT, b: ARRAY<DECIMAL(10,2)>, c: MAP<STRING, BIGINT>>");
}

TEST(DataType, FindsFieldsWithoutRegardToCase) {
    DataType type = DataType::Struct({{"Id", DataType::Of(TypeKind::kLong)}});
    ASSERT_NE(type.FindField("iD"), nullptr);
    EXPECT_EQ(type.FindField("other"), nullptr);
}

TEST(DataType, EqualityLooksInside) {
    EXPECT_EQ(DataType::Array(DataType::Of(TypeKind::kInt)), DataType::Array(DataType::Of(TypeKind::kInt)));
    EXPECT_NE(DataType::Array(DataType::Of(TypeKind::kInt)), DataType::Array(DataType::Of(TypeKind::kLong)));
}

}  // namespace
}  // namespace tarn
