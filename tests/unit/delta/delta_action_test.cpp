#include "delta/action.h"

#include "support.h"

namespace tarn::delta {
namespace {

Result<std::vector<Action>> ParseAll(std::string_view text) {
    std::vector<Action> out;
    TARN_CHECK(ParseActions(text, "0.json", [&](Action &&action) -> Result<void> {
        out.push_back(std::move(action));
        return {};
    }));
    return out;
}

template <class T>
T ParseOne(std::string_view line) {
    auto actions = ParseAll(line);
    EXPECT_TRUE(actions) << (actions ? "" : actions.error().ToString());
    if (!actions || actions->size() != 1 || !std::holds_alternative<T>((*actions)[0])) {
        ADD_FAILURE() << "not one action of the wanted kind: " << line;
        return T{};
    }
    return std::get<T>((*actions)[0]);
}

const std::string kFullAdd =
    R"({"add":{"path":"p=1/a%20b.parquet","partitionValues":{"p":"1","q":null},"size":7,"modificationTime":8,)"
    R"("dataChange":false,"stats":"{\"numRecords\":3}","tags":{"k":"v"},"deletionVector":{"storageType":"u",)"
    R"("pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6},"baseRowId":9,)"
    R"("defaultRowCommitVersion":10,"clusteringProvider":"liquid"}})";

TEST(ParseActions, ReadsEveryFieldOfAnAdd) {
    AddFile file = ParseOne<AddFile>(kFullAdd);
    EXPECT_EQ(file.path, "p=1/a%20b.parquet");
    EXPECT_EQ(file.partition_values.at("p"), "1");
    EXPECT_EQ(file.partition_values.at("q"), std::nullopt);
    EXPECT_EQ(file.size, 7);
    EXPECT_EQ(file.modification_time, 8);
    EXPECT_FALSE(file.data_change);
    EXPECT_EQ(file.stats, R"({"numRecords":3})");
    EXPECT_EQ(file.tags.at("k"), "v");
    EXPECT_EQ(file.deletion_vector->UniqueId(), "uab^-aqEH.-t@S}K{vb[*k^@4");
    EXPECT_EQ(file.deletion_vector->cardinality, 6);
    EXPECT_EQ(file.base_row_id, 9);
    EXPECT_EQ(file.default_row_commit_version, 10);
    EXPECT_EQ(file.clustering_provider, "liquid");
    EXPECT_EQ(ToJson(file), kFullAdd);
}

TEST(ParseActions, EveryKindRoundTrips) {
    for (std::string line : {
             kProtocolLine,
             std::string(R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["a"],)"
                         R"("writerFeatures":["a","b"]}})"),
             kMetadataLine,
             std::string(R"({"remove":{"path":"a","deletionTimestamp":1,"dataChange":true,"extendedFileMetadata":true,)"
                         R"("partitionValues":{"p":"x"},"size":3}})"),
             std::string(R"({"cdc":{"path":"_change_data/a","partitionValues":{},"size":3,"dataChange":false}})"),
             std::string(R"({"txn":{"appId":"flow","version":3,"lastUpdated":4}})"),
             std::string(R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":false}})"),
             std::string(R"({"commitInfo":{"timestamp":1,"operation":"WRITE","operationParameters":{"mode":"Append"},)"
                         R"("isBlindAppend":true,"engineInfo":"x","txnId":"u"}})"),
             std::string(R"({"sidecar":{"path":"s.parquet","sizeInBytes":1,"modificationTime":2}})"),
             std::string(R"({"checkpointMetadata":{"version":3}})"),
         }) {
        auto actions = ParseAll(line);
        ASSERT_TRUE(actions) << line << actions.error().ToString();
        ASSERT_EQ(actions->size(), 1u) << line;
        EXPECT_EQ(ToJson((*actions)[0]), line);
    }
}

TEST(ParseActions, TakesCheckpointRowsWithNullsAndSkipsTheUnknown) {
    AddFile file = ParseOne<AddFile>(
        R"({"txn":null,"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,)"
        R"("stats":null,"tags":null,"deletionVector":{"storageType":null,"pathOrInlineDv":null,"offset":null,)"
        R"("sizeInBytes":null,"cardinality":null},"stats_parsed":{"numRecords":5}},"remove":null})");
    EXPECT_FALSE(file.deletion_vector);
    EXPECT_EQ(file.stats, R"({"numRecords":5})");
    auto actions = ParseAll("{\"futureAction\":{\"x\":1}}\r\n\n   \n" + kProtocolLine);
    ASSERT_TRUE(actions);
    EXPECT_EQ(actions->size(), 1u);
    EXPECT_EQ(ParseOne<AddFile>(R"({"add":{"path":"a","modificationTime":1.5e12}})").modification_time, 1500000000000);
}

TEST(ParseActions, NamesFileLineAndFieldOfDamage) {
    struct Case {
        std::string text;
        std::string says;
    };
    for (const Case &item : std::vector<Case>{
             {kProtocolLine + "\n{\"add\":{\"path\":", "Line 2 of 0.json is not JSON"},
             {"[1]", "is not a JSON object"},
             {R"({"add":{"size":1}})", "add has no path"},
             {R"({"add":{"path":5}})", "add.path is not text"},
             {R"({"add":{"path":"a","size":"big"}})", "add.size is not an integer"},
             {R"({"add":{"path":"a","partitionValues":[1]}})", "partitionValues is not an object"},
             {R"({"add":{"path":"a","deletionVector":{"storageType":"u"}}})", "deletionVector has no pathOrInlineDv"},
             {R"({"protocol":{"minReaderVersion":1}})", "protocol has no minWriterVersion"},
             {R"({"protocol":{"minReaderVersion":99999999999,"minWriterVersion":1}})", "32-bit"},
             {R"({"metaData":{"id":"x","schemaString":"nope"}})", "schema is not JSON"},
             {std::string(100000, '['), "is not JSON"},
         }) {
        auto actions = ParseAll(item.text);
        ASSERT_FALSE(actions) << item.text;
        EXPECT_EQ(actions.error().kind, ErrorKind::kCorrupt);
        EXPECT_NE(actions.error().message.find(item.says), std::string::npos) << actions.error().message;
    }
}

TEST(ParseActions, CommitInfoIsFreeForm) {
    CommitInfo info = ParseOne<CommitInfo>(R"({"commitInfo":{"timestamp":"soon","operation":7,"txnId":"u"}})");
    EXPECT_EQ(info.txn_id, "u");
    EXPECT_EQ(info.operation, "");
    EXPECT_NE(info.raw.find("soon"), std::string::npos);
}

TEST(ParseActions, SurvivesDamageOfAnyKind) {
    std::mt19937_64 dice(20240229);
    std::string text = kProtocolLine + "\n" + kMetadataLine + "\n" + kFullAdd + "\n" + RemoveLine("x") + "\n";
    int accepted = 0;
    for (int i = 0; i < 20000; i++) {
        auto actions = ParseAll(Mutate(text, dice));
        if (actions) {
            accepted++;
        } else {
            ASSERT_TRUE(actions.error().kind == ErrorKind::kCorrupt || actions.error().kind == ErrorKind::kUnsupported);
        }
    }
    EXPECT_GT(accepted, 100) << "the mutations are too coarse to test anything";
}

TEST(ToJson, EscapesText) {
    SetTransaction transaction{"a\"b\\c\n\t\x01ü", 1, {}};
    std::string json = ToJson(transaction);
    EXPECT_EQ(json, "{\"txn\":{\"appId\":\"a\\\"b\\\\c\\n\\t\\u0001ü\",\"version\":1}}");
    EXPECT_EQ(ParseOne<SetTransaction>(json), transaction);
}

TEST(FileKey, TellsVectorsApartAndSpellingsTogether) {
    DeletionVectorDescriptor vector{'i', "xyz", std::nullopt, 3, 1};
    EXPECT_EQ(FileKey("/t", "file:///t/a%20b", std::nullopt), FileKey("/t", "a%20b", std::nullopt));
    EXPECT_NE(FileKey("/t", "a", vector), FileKey("/t", "a", std::nullopt));
}

TEST(Metadata, ReadsProperties) {
    Metadata metadata;
    metadata.configuration = {{"delta.appendOnly", "TRUE"}, {"n", "12"}, {"bad", "12x"},
                              {"i", "interval 1 week 2 days"}, {"j", "30 days"}, {"k", "1 fortnight"}};
    EXPECT_TRUE(metadata.BoolProperty("delta.appendonly", false));
    EXPECT_EQ(metadata.IntProperty("n", 1), 12);
    EXPECT_EQ(metadata.IntProperty("bad", 1), 1);
    EXPECT_EQ(metadata.IntervalProperty("i", 0), 9LL * 86400000);
    EXPECT_EQ(metadata.IntervalProperty("j", 0), 30LL * 86400000);
    EXPECT_EQ(metadata.IntervalProperty("k", 7), 7);
    EXPECT_EQ(metadata.IntervalProperty("none", 7), 7);
}

}  // namespace
}  // namespace tarn::delta
