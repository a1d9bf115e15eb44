#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "rows.h"

namespace tarn::extjson {
namespace {

using nlohmann::json;

const std::string kDocuments =
    "[{\"_id\":{\"$oid\":\"4c755c899ace9ffe23ef498b\"},\"n\":1,\"t\":\"brackets ]}[{ in \\\"text\\\" \\\\\"},\n"
    "{\"_id\":{\"$oid\":\"4c75629e9ace9ffe23ce8a38\"},\"n\":2,\"t\":\"caf\xc3\xa9 "
    "\\ud83d\\ude00\",\"v\":[{\"i\":1},{\"i\":2}]}]";

std::string Gzip(const std::string &text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(text.size() + 1000, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = uInt(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = uInt(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string Zstd(const std::string &text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

json Load(const std::string &text, ReadOptions options = {}, size_t piece = size_t{1} << 20) {
    auto schema = InferSchema({TextFile(text, "users.json", piece)}, options);
    if (!schema) return schema.error().ToString();
    auto rows = ReadRows({TextFile(text, "users.json", piece)}, *schema, options);
    if (!rows) return rows.error().ToString();
    return {{"schema", schema->ToString()}, {"rows", rows->rows}};
}

TEST(Formats, OneTextInManyClothes) {
    json expected = Load(kDocuments);
    ASSERT_TRUE(expected.is_object()) << expected;
    json documents = json::parse(kDocuments);
    std::string lines, joined;
    for (const json &document : documents) {
        lines += document.dump() + "\r\n";
        joined += document.dump();
    }
    EXPECT_EQ(Load(lines), expected);
    EXPECT_EQ(Load(joined), expected);
    EXPECT_EQ(Load(documents.dump(4)), expected);
    EXPECT_EQ(Load(documents[0].dump(1, '\t') + documents[1].dump(2)), expected);
    EXPECT_EQ(Load("\xef\xbb\xbf" + kDocuments + "\n\n"), expected);
    EXPECT_EQ(Load("\n\n   " + kDocuments), expected);
    std::string half = lines.substr(0, 40), rest = lines.substr(40);
    EXPECT_EQ(Load(Gzip(lines)), expected);
    EXPECT_EQ(Load(Zstd(lines)), expected);
    EXPECT_EQ(Load(Gzip(half) + Gzip(rest)), expected) << "two members are one text";
    EXPECT_EQ(Load(Gzip(lines) + std::string(512, '\0')), expected) << "padded as on tape";
    EXPECT_EQ(Load(Zstd(half) + Zstd(rest)), expected);
    for (size_t piece : {size_t{1}, size_t{3}, size_t{17}}) {
        EXPECT_EQ(Load(Gzip(lines), {}, piece), expected);
        EXPECT_EQ(Load(Zstd(lines), {}, piece), expected);
        EXPECT_EQ(Load(kDocuments, {}, piece), expected);
    }
}

TEST(Formats, DamagedCompression) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "{\"n\":" + std::to_string(i * 7919 % 10007) + "}\n";
    for (std::string packed : {Gzip(text), Zstd(text)}) {
        auto cut = Load(packed.substr(0, packed.size() / 2));
        ASSERT_TRUE(cut.is_string());
        EXPECT_NE(cut.get<std::string>().find("[FAILED_READ_FILE] users.json: "), std::string::npos) << cut;
        EXPECT_NE(cut.get<std::string>().find("the file is cut"), std::string::npos) << cut;
        packed[packed.size() / 2] = char(~packed[packed.size() / 2]);
        packed[packed.size() / 2 + 1] = char(~packed[packed.size() / 2 + 1]);
        auto damaged = Load(packed);
        ASSERT_TRUE(damaged.is_string());
    }
    EXPECT_TRUE(Load(Gzip("")).get<std::string>().find("the file is empty") != std::string::npos);
}

TEST(Formats, BlocksOfAnySizeGiveTheSame) {
    std::string pretty = json::parse(kDocuments).dump(3);
    std::string lines;
    for (int i = 0; i < 40; ++i) {
        lines += "{\"n\":" + std::to_string(i) + ",\"t\":\"" + std::string(size_t(i), '\\') +
                 std::string(size_t(i), '\\') + "\\\"\",\"u\":\"" + std::string(size_t(i * 3 % 70), '}') + "\"}";
    }
    for (const std::string &text : {kDocuments, pretty, lines}) {
        json expected = Load(text);
        ASSERT_TRUE(expected.is_object()) << expected;
        for (size_t chunk = 1; chunk < 200; ++chunk) {
            ReadOptions options;
            options.chunk_bytes = chunk;
            options.batch_rows = 64;
            ASSERT_EQ(Load(text, options), expected) << "in blocks of " << chunk;
        }
    }
}

// Each document in both forms, and the columns and rows of both.
TEST(Formats, CanonicalIsRelaxed) {
    std::string relaxed =
        R"([{"_id":{"$oid":"5f"},"i":1,"l":9007199254740993,"d":1.5,"n":{"$numberDouble":"NaN"},"when":{"$date":"2020-01-02T03:04:05.678Z"},
        "old":{"$date":{"$numberLong":"-62135596800000"}},"list":[1,2.5,{"$date":"2020-01-02T03:04:05Z"}],"m":{"$numberDecimal":"1.10"},"s":{"k":7}},
        {"i":null,"list":[],"s":{"k":8,"z":[{"q":1}]}}])";
    std::string canonical =
        R"([{"_id":{"$oid":"5f"},"i":{"$numberInt":"1"},"l":{"$numberLong":"9007199254740993"},"d":{"$numberDouble":"1.5"},
        "n":{"$numberDouble":"NaN"},"when":{"$date":{"$numberLong":"1577934245678"}},"old":{"$date":{"$numberLong":"-62135596800000"}},
        "list":[{"$numberInt":"1"},{"$numberDouble":"2.5"},{"$date":{"$numberLong":"1577934245000"}}],"m":{"$numberDecimal":"1.10"},"s":{"k":{"$numberInt":"7"}}},
        {"i":null,"list":[],"s":{"k":{"$numberInt":"8"},"z":[{"q":{"$numberInt":"1"}}]}}])";
    // A number beside a date is no list of one type, in neither form.
    EXPECT_EQ(Load(relaxed).dump().substr(0, 20), Load(canonical).dump().substr(0, 20));
    auto without = [](std::string text, const std::string &part) {
        size_t at = text.find(part);
        EXPECT_NE(at, std::string::npos);
        return text.erase(at, part.size());
    };
    relaxed = without(relaxed, R"(,{"$date":"2020-01-02T03:04:05Z"})");
    canonical = without(canonical, R"(,{"$date":{"$numberLong":"1577934245000"}})");
    json a = Load(relaxed), b = Load(canonical);
    ASSERT_TRUE(a.is_object()) << a;
    EXPECT_EQ(a, b);
    EXPECT_EQ(a["rows"][0]["when_date"], 1577934245678000);
    EXPECT_EQ(Load(json::parse(canonical).dump(2)), a);
}

TEST(Formats, ManyThreadsReadEverything) {
    std::string text = "[";
    for (int i = 0; i < 20000; ++i)
        text +=
            (i ? ",\n{\"n\":" : "{\"n\":") + std::to_string(i) + ",\"t\":\"row \\u0041 " + std::to_string(i) + "\"}";
    text += "]";
    ReadOptions options;
    options.chunk_bytes = 5000;
    auto reader = Reader::Open({TextFile(text)}, SchemaOf(text), options);
    ASSERT_TRUE(reader.has_value());
    std::vector<int64_t> sums(4, 0);
    std::vector<std::jthread> threads;
    for (int64_t &sum : sums) {
        threads.emplace_back([&reader, &sum] {
            auto worker = (*reader)->NewWorker();
            std::vector<std::shared_ptr<const ColumnBatch>> held;
            for (;;) {
                auto batch = (*reader)->Next(*worker);
                if (!batch || !*batch) break;
                held.push_back(*batch);
            }
            // Only now: batches that are held do not change.
            for (const auto &batch : held) {
                for (size_t i = 0; i < batch->row_count; ++i) {
                    int64_t n = batch->columns[0].Values<int64_t>()[i];
                    EXPECT_EQ(batch->columns[1].Text(i), "row A " + std::to_string(n));
                    sum += n;
                }
            }
        });
    }
    threads.clear();
    EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], int64_t{20000} * 19999 / 2);
    EXPECT_EQ((*reader)->bytes_read(), text.size());
}

// The same documents again and again, without a file.
class EndlessSource final : public ByteSource {
public:
    explicit EndlessSource(size_t bytes) : left_(bytes / kLine.size() * kLine.size()) {}
    Result<size_t> Read(char *buffer, size_t size) override {
        size = std::min(size, left_);
        for (size_t i = 0; i < size; ++i) {
            buffer[i] = kLine[at_];
            at_ = at_ + 1 == kLine.size() ? 0 : at_ + 1;
        }
        left_ -= size;
        return size;
    }
    static constexpr std::string_view kLine =
        "{\"id\":{\"$oid\":\"4c755c899ace9ffe23ef498b\"},\"n\":12345,\"t\":\"a \\n b\"}\n";

private:
    size_t left_;
    size_t at_ = 0;
};

size_t ResidentBytes() {
    std::ifstream file("/proc/self/statm");
    size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

TEST(Formats, MemoryDoesNotGrowWithTheFile) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep what was freed";
#endif
    constexpr size_t kLimit = size_t{8} << 20;
    InputFile file{"endless.json", []() -> Result<std::unique_ptr<ByteSource>> {
                       return std::make_unique<EndlessSource>(10 * kLimit);
                   }};
    ReadOptions options;
    options.memory_limit_bytes = kLimit;
    options.threads = 2;
    size_t before = ResidentBytes();
    auto schema = InferSchema({file}, options);
    ASSERT_TRUE(schema.has_value());
    auto reader = Reader::Open({file}, *schema, options);
    ASSERT_TRUE(reader.has_value());
    auto worker = (*reader)->NewWorker();
    size_t rows = 0, most = 0;
    while (auto batch = *(*reader)->Next(*worker)) {
        rows += batch->row_count;
        most = std::max(most, ResidentBytes());
    }
    EXPECT_EQ(rows, 10 * kLimit / EndlessSource::kLine.size());
    EXPECT_LT(most, before + kLimit);
}

std::filesystem::path Data() { return std::filesystem::path(TARN_SOURCE_DIR) / ".." / "shared" / "data"; }

struct RealCase {
    const char *file;
    const char *schema;
    size_t rows;
};

TEST(Formats, RealExports) {
    if (!std::filesystem::exists(Data())) GTEST_SKIP() << "no real data beside the sources";
    std::vector<RealCase> cases = {
        {"patreon/users.json",
         "struct<country:string,language:string,id_oid:string,created_at_date:timestamp,patreon_status_campaign_"
         "lifetime_support_cents:bigint,"
         "patreon_status_is_follower:boolean,patreon_status_is_free_trial:boolean,patreon_status_is_patron:boolean,"
         "patreon_status_lifetime_support_cents:bigint,updated_at_date:timestamp>",
         2474},
        {"patreon/posts.json",
         "struct<multiple_votes:boolean,translations:array<struct<description:string,language:string,options:array<"
         "string>,title:string,"
         "created_at_date:timestamp>>,type:string,id_oid:string,created_at_date:timestamp,updated_at_date:timestamp>",
         439},
        {"patreon/posts_comments.json",
         "struct<body:string,id_oid:string,created_at_date:timestamp,post_id_oid:string,updated_at_date:timestamp,user_"
         "id_oid:string>",
         3316},
        {"patreon/votes.json",
         "struct<votes:array<struct<index:bigint,weight:bigint>>,id_oid:string,created_at_date:timestamp,post_id_oid:"
         "string,"
         "updated_at_date:timestamp,user_id_oid:string>",
         4429},
        {"mongodb/sample_mflix/theaters.json",
         "struct<theaterId:bigint,id_oid:string,location_address_city:string,location_address_state:string,location_"
         "address_street1:string,"
         "location_address_street2:string,location_address_zipcode:string,location_geo_coordinates:array<double>,"
         "location_geo_type:string>",
         1564},
        {"mongodb/sample_analytics/accounts.json",
         "struct<account_id:bigint,limit:bigint,products:array<string>,id_oid:string>", 1746},
    };
    for (const RealCase &one : cases) {
        std::vector<InputFile> files = {{(Data() / one.file).string(), {}}};
        auto schema = InferSchema(files);
        ASSERT_TRUE(schema.has_value()) << schema.error().ToString();
        EXPECT_EQ(schema->ToString(), one.schema);
        auto rows = ReadRows(files, *schema);
        ASSERT_TRUE(rows.has_value()) << rows.error().ToString();
        EXPECT_EQ(rows->rows.size(), one.rows) << one.file;
        for (const json &row : rows->rows) EXPECT_FALSE(row.contains("_rescued")) << row;
    }
}

// The figures of the example, straight from the batches.
TEST(Formats, RealFigures) {
    if (!std::filesystem::exists(Data())) GTEST_SKIP() << "no real data beside the sources";
    auto load = [](const char *name) {
        std::vector<InputFile> files = {{(Data() / "patreon" / name).string(), {}},
                                        {(Data() / "patreon" / "increment" / name).string(), {}}};
        ReadOptions options;
        options.threads = 2;
        options.chunk_bytes = 50'000;
        auto schema = InferSchema(files, options);
        auto rows = ReadRows(files, *schema, options);
        return std::pair(*schema, rows->rows);
    };
    auto [user_schema, users] = load("users.json");
    EXPECT_EQ(users.size(), 5007u);
    EXPECT_NE(user_schema.FindField("id_look_a_new_field"), nullptr);
    EXPECT_NE(user_schema.FindField("patreon_status_last_charge_at_date"), nullptr);
    EXPECT_NE(user_schema.FindField("patreon_status_tier"), nullptr);
    int64_t cents = 0;
    for (size_t i = 0; i < 2474; ++i)
        cents += users[i]["patreon_status_lifetime_support_cents"].is_null()
                     ? 0
                     : users[i]["patreon_status_lifetime_support_cents"].get<int64_t>();
    EXPECT_EQ(cents, 15559802);
    auto [comment_schema, comments] = load("posts_comments.json");
    EXPECT_EQ(comments.size(), 6700u);
    int64_t characters = 0;
    for (size_t i = 0; i < 3316; ++i) {
        auto body = comments[i]["body"].get<std::string>();
        characters += std::ranges::count_if(body, [](char c) { return (c & 0xc0) != 0x80; });
    }
    EXPECT_EQ(characters, 1307210);
    auto [vote_schema, votes] = load("votes.json");
    int64_t weights = 0, entries = 0;
    for (size_t i = 0; i < 4429; ++i) {
        for (const json &vote : votes[i]["votes"]) {
            weights += vote["weight"].get<int64_t>();
            ++entries;
        }
    }
    EXPECT_EQ(entries, 4970);
    EXPECT_EQ(weights, 7397);
}

}  // namespace
}  // namespace tarn::extjson
