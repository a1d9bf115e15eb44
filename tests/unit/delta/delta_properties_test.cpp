#include <gtest/gtest.h>

#include "delta/schema.h"
#include "delta/table_properties.h"

namespace tarn::delta {
namespace {

Protocol Legacy(int32_t reader, int32_t writer) {
    Protocol protocol;
    protocol.min_reader_version = reader;
    protocol.min_writer_version = writer;
    return protocol;
}

TEST(CheckProperty, SpellsKeysAsDeltaDoes) {
    EXPECT_EQ(*CheckProperty("DELTA.appendonly", "TRUE"), "delta.appendOnly");
    EXPECT_EQ(*CheckProperty("delta.Constraints.Positive", "x > 0"), "delta.constraints.positive");
    EXPECT_EQ(*CheckProperty("My.Own", "anything"), "My.Own");
    EXPECT_EQ(CheckProperty("delta.nothing", "1").error().condition, "DELTA_UNKNOWN_CONFIGURATION");
    EXPECT_EQ(CheckProperty("delta.checkpointIntervall", "1").error().remedy, "Did you mean delta.checkpointInterval?");
}

TEST(CheckProperty, KnowsWhatValuesMean) {
    struct Case {
        const char *key, *good, *bad;
    };
    for (auto &[key, good, bad] : {Case{"delta.checkpointInterval", "7", "-7"}, Case{"delta.appendOnly", "False", "0"},
                                   Case{"delta.logRetentionDuration", "interval 2 weeks", "2"}, Case{"delta.isolationLevel", "Serializable", "Snapshot"},
                                   Case{"delta.dataSkippingNumIndexedCols", "-1", "-2"}, Case{"delta.targetFileSize", "100mb", "many"},
                                   Case{"delta.columnMapping.mode", "name", "names"}, Case{"delta.parquet.compression.codec", "ZSTD", "rar"}, Case{"delta.minWriterVersion", "7", "8"}}) {
        EXPECT_TRUE(CheckProperty(key, good)) << key;
        EXPECT_FALSE(CheckProperty(key, bad)) << key;
    }
}

TEST(RaiseProtocol, KeepsLegacyVersionsWhereTheyWillDo) {
    EXPECT_EQ(RaiseProtocol(Legacy(1, 2), {{"appendOnly"}, 0, 0}), Legacy(1, 2));
    EXPECT_EQ(RaiseProtocol(Legacy(1, 2), {{}, 2, 0}), Legacy(2, 5)) << "reader version 2 needs writer version 5";
    EXPECT_EQ(RaiseProtocol(Legacy(2, 5), {{}, 1, 2}), Legacy(2, 5)) << "never lower";
    Protocol listed = RaiseProtocol(Legacy(1, 3), {{"deletionVectors"}, 0, 0});
    EXPECT_EQ(listed.min_reader_version, 3);
    EXPECT_EQ(listed.min_writer_version, 7);
    EXPECT_EQ(*listed.reader_features, std::vector<std::string>{"deletionVectors"});
    EXPECT_EQ(*listed.writer_features, (std::vector<std::string>{"appendOnly", "checkConstraints", "deletionVectors", "invariants"}));
    EXPECT_EQ(RaiseProtocol(listed, {{"appendOnly"}, 1, 2}), listed);
}

TEST(RaiseProtocol, AddsWhatFeaturesNeed) {
    EXPECT_EQ(FeaturesOf(RaiseProtocol(Legacy(1, 1), {{"rowTracking"}, 0, 0})), (std::set<std::string>{"domainMetadata", "rowTracking"}));
    Protocol mapped = RaiseProtocol(Legacy(1, 2), {{"columnMapping"}, 0, 0});
    EXPECT_EQ(mapped.min_reader_version, 3);
    // A writer version of 5 alone maps no columns for readers.
    Protocol written = RaiseProtocol(Legacy(1, 5), {{"rowTracking"}, 0, 0});
    EXPECT_EQ(written.min_reader_version, 1);
    EXPECT_FALSE(written.reader_features);
}

TEST(WithoutFeature, LeavesTheOthersByName) {
    Protocol left = WithoutFeature(Legacy(2, 5), "columnMapping");
    EXPECT_EQ(left.min_reader_version, 1);
    EXPECT_EQ(FeaturesOf(left), (std::set<std::string>{"appendOnly", "changeDataFeed", "checkConstraints", "generatedColumns", "invariants"}));
}

TEST(TakeProtocolProperties, SeparatesThemFromTheRest) {
    StringMap properties = {{"delta.feature.RowTracking", "supported"}, {"delta.minReaderVersion", "2"}, {"mine", "1"}};
    auto wish = TakeProtocolProperties(properties);
    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->features, std::set<std::string>{"rowTracking"});
    EXPECT_EQ(wish->reader_version, 2);
    EXPECT_EQ(properties, (StringMap{{"mine", "1"}}));
}

TEST(RecordTypeChanges, NotesThemAtTheNearestField) {
    auto type = [](TypeKind kind) { return DataType::Of(kind); };
    DataType before = DataType::Struct({{"a", type(TypeKind::kInt)}, {"m", DataType::Map(type(TypeKind::kString), DataType::Array(type(TypeKind::kByte)))}, {"s", DataType::Struct({{"x", type(TypeKind::kFloat)}})}});
    DataType after = DataType::Struct({{"a", type(TypeKind::kLong)}, {"m", DataType::Map(type(TypeKind::kString), DataType::Array(type(TypeKind::kInt)))}, {"s", DataType::Struct({{"x", type(TypeKind::kDouble)}})}});
    RecordTypeChanges(before, after);
    EXPECT_EQ(after.fields[0].metadata.at("delta.typeChanges"), R"([{"toType":"long","fromType":"integer"}])");
    EXPECT_EQ(after.fields[1].metadata.at("delta.typeChanges"), R"([{"toType":"integer","fromType":"byte","fieldPath":"value.element"}])");
    EXPECT_EQ(after.fields[2].type.fields[0].metadata.at("delta.typeChanges"), R"([{"toType":"double","fromType":"float"}])");
    DataType again = after;
    again.fields[0].type = DataType::Decimal(20, 0);
    RecordTypeChanges(after, again);
    std::string both = R"json([{"toType":"long","fromType":"integer"},{"toType":"decimal(20,0)","fromType":"long"}])json";
    EXPECT_EQ(again.fields[0].metadata.at("delta.typeChanges"), both);
}

}  // namespace
}  // namespace tarn::delta
