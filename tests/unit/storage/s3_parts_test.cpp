// What of S3 needs no server: answers, settings, credentials, retries, ranges.
#include <gtest/gtest.h>

#include "storage/internal/aws_config.h"
#include "storage/internal/aws_credentials.h"
#include "storage/internal/retry.h"
#include "storage/internal/s3_client.h"
#include "storage/internal/s3_writer.h"
#include "storage/internal/xml.h"
#include "storage/memory_store.h"
#include "storage/object_reader.h"

namespace tarn::storage {
namespace {

TEST(Xml, ReadsAListing) {
    auto xml = ParseXml(R"(<?xml version="1.0"?><!-- c --><s:ListBucketResult xmlns:s="http://x/>"><IsTruncated>true</IsTruncated>
        <Contents><Key>a&amp;b &#x41;&#228;&lt;</Key><Size>12</Size></Contents><Contents><Key><![CDATA[<raw>]]></Key></Contents><Empty/></s:ListBucketResult>)");
    ASSERT_TRUE(xml) << xml.error().ToString();
    EXPECT_EQ(xml->name, "ListBucketResult");
    EXPECT_EQ(xml->TextOf("IsTruncated"), "true");
    EXPECT_EQ(xml->Child("Contents")->TextOf("Key"), "a&b A\u00e4<");
    EXPECT_EQ(xml->children[2].TextOf("Key"), "<raw>");
    EXPECT_EQ(xml->TextOf("Empty"), "");
    EXPECT_EQ(xml->Child("None"), nullptr);
    EXPECT_EQ(ParseXml("<a>" + XmlEscape("<&>\"\n\r") + "</a>")->text, "<&>\"\n\r");
}

TEST(Xml, DamageIsAnError) {
    std::string whole = "<a x='1'><b>t&amp;</b><c/></a>";
    for (size_t cut = 0; cut < whole.size(); cut++) EXPECT_FALSE(ParseXml(whole.substr(0, cut))) << cut;
    std::string deep;
    for (int i = 0; i < 10'000; i++) deep += "<a>";
    for (std::string text : {std::string("no xml"), std::string("<a></b>"), std::string("<a>&unknown;</a>"), std::string("<a>&#x110000;</a>"), std::string("< a></ a>"), deep}) {
        EXPECT_FALSE(ParseXml(text)) << text.substr(0, 40);
    }
}

TEST(Retry, JudgesAnswers) {
    for (int status : {200, 206, 304, 403, 404, 412, 416, 501}) EXPECT_EQ(JudgeStatus(status, ""), Verdict::kDone) << status;
    for (int status : {408, 500, 502, 503, 504}) EXPECT_EQ(JudgeStatus(status, ""), Verdict::kUnknown) << status;
    EXPECT_EQ(JudgeStatus(429, ""), Verdict::kRefused);
    EXPECT_EQ(JudgeStatus(503, "SlowDown"), Verdict::kRefused);
    EXPECT_EQ(JudgeStatus(400, "RequestTimeout"), Verdict::kRefused);
    EXPECT_EQ(JudgeStatus(409, "ConditionalRequestConflict"), Verdict::kRefused);
    EXPECT_EQ(JudgeStatus(403, "RequestTimeTooSkewed"), Verdict::kDone);
}

TEST(Retry, BacksOffWithFullJitter) {
    RetryPolicy policy;
    EXPECT_EQ(BackoffMs(policy, 0, 0, 0), 0);
    EXPECT_EQ(BackoffMs(policy, 0, 0.5, 0), 50);
    EXPECT_EQ(BackoffMs(policy, 3, 0.5, 0), 400);
    EXPECT_EQ(BackoffMs(policy, 60, 0.999, 0), 9990) << "bounded";
    EXPECT_EQ(BackoffMs(policy, 0, 0.5, 3000), 3000) << "the server's wish is the least";
    EXPECT_EQ(BackoffMs(policy, 0, 0.5, 3'600'000), 60'000) << "within reason";
}

TEST(Retry, ReadsTimes) {
    EXPECT_EQ(ParseTime("Wed, 21 Oct 2015 07:28:00 GMT"), 1445412480);
    EXPECT_EQ(ParseTime("2015-10-21T07:28:00.999Z"), 1445412480);
    EXPECT_EQ(ParseTime("2015-10-21T07:28:00Z"), 1445412480);
    EXPECT_EQ(ParseTime("yesterday"), -1);
    EXPECT_EQ(RetryAfterMs("120", 0), 120'000);
    EXPECT_EQ(RetryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT", 1445412470), 10'000);
    EXPECT_EQ(RetryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT", 1445412490), 0);
    EXPECT_EQ(RetryAfterMs("", 0), 0);
    EXPECT_EQ(RetryAfterMs("-5", 0), 0);
}

AwsSources Sources(std::map<std::string, std::string> env, std::map<std::string, std::string> files = {}) {
    AwsSources sources;
    sources.env = [env](const char *name) {
        auto it = env.find(name);
        return it == env.end() ? std::string() : it->second;
    };
    sources.read_file = [files](const std::string &path) -> std::optional<std::string> {
        auto it = files.find(path);
        if (it == files.end()) return std::nullopt;
        return it->second;
    };
    return sources;
}

constexpr char kConfig[] = R"(# comment
[default]
region = eu-central-1
[profile work]
region=us-west-2   # here
s3 =
    addressing_style = path
    max_concurrent_requests = 20
endpoint_url = https://store.example
[services x]
region = nowhere
[profile role]
role_arn = arn:aws:iam::1:role/r
source_profile = work
[profile loop]
role_arn = arn:aws:iam::1:role/l
source_profile = loop2
[profile loop2]
role_arn = arn:aws:iam::1:role/l
source_profile = loop
[profile sso]
sso_session = corp
)";
constexpr char kCredentials[] = "[default]\naws_access_key_id = AKID\naws_secret_access_key = SECRET\n[work]\n"
                                "aws_access_key_id = AKWORK\naws_secret_access_key = SECWORK\naws_session_token = TOKWORK\nregion = ap-south-1\n";
const std::map<std::string, std::string> kFiles = {{"/h/.aws/config", kConfig}, {"/h/.aws/credentials", kCredentials}};

TEST(AwsConfig, ReadsProfiles) {
    AwsProfiles profiles = LoadProfiles(Sources({{"HOME", "/h"}}, kFiles));
    EXPECT_EQ(profiles["default"]["region"], "eu-central-1");
    EXPECT_EQ(profiles["default"]["aws_access_key_id"], "AKID");
    EXPECT_EQ(profiles["work"]["region"], "ap-south-1") << "the credentials file wins";
    EXPECT_EQ(profiles["work"]["s3.addressing_style"], "path");
    EXPECT_EQ(profiles["work"]["endpoint_url"], "https://store.example");
    EXPECT_FALSE(profiles.contains("x"));
    EXPECT_TRUE(LoadProfiles(Sources({{"HOME", "/none"}}, kFiles)).empty());
    for (std::string text : {"[", "[]", "=", "a", "[profile]\na=1", "\n\n  x = y", "[profile x"}) {
        AwsProfiles damaged;
        ParseProfiles(text, true, damaged);
    }
}

S3Config Resolve(const S3Settings &settings, std::map<std::string, std::string> env) {
    env["HOME"] = "/h";
    AwsSources sources = Sources(env, kFiles);
    return *ResolveS3Config(settings, sources, LoadProfiles(sources));
}

TEST(AwsConfig, EnvironmentThenSettingsThenProfile) {
    S3Config config = Resolve({}, {});
    EXPECT_EQ(config.region, "eu-central-1");
    EXPECT_EQ(config.endpoint, "");
    EXPECT_FALSE(config.path_style);
    config = Resolve({.profile = "work"}, {});
    EXPECT_EQ(config.region, "ap-south-1");
    EXPECT_EQ(config.endpoint, "https://store.example");
    config = Resolve({.endpoint = "http://127.0.0.1:9000/", .region = "r1", .profile = "work"}, {{"AWS_REGION", "r2"}});
    EXPECT_EQ(config.endpoint, "http://127.0.0.1:9000");
    EXPECT_EQ(config.region, "r2");
    EXPECT_TRUE(config.path_style) << "a server of one's own";
    config = Resolve({.endpoint = "http://a"}, {{"AWS_ENDPOINT_URL", "http://b"}, {"AWS_ENDPOINT_URL_S3", "http://c"},
                                                {"AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true"}, {"AWS_MAX_ATTEMPTS", "3"}, {"AWS_SKIP_SIGNATURE", "1"}});
    EXPECT_EQ(config.endpoint, "http://c");
    EXPECT_FALSE(config.path_style);
    EXPECT_EQ(config.retry.attempts, 3);
    EXPECT_TRUE(config.anonymous);
    EXPECT_FALSE(ResolveS3Config({.endpoint = "store.example"}, Sources({}), {}));
}

// A script of answers; remembers what was asked.
struct Script {
    std::vector<std::function<HttpResult(const HttpRequest &)>> answers;
    struct Seen {
        std::string method, url, body, signer, region;
        std::vector<std::string> headers;
    };
    std::vector<Seen> seen;

    HttpTransport Transport() {
        return [this](const HttpRequest &request) -> HttpResult {
            seen.push_back({request.method, request.url, std::string(request.body), request.signing ? request.signing->access_key : "",
                            request.signing ? request.signing->region : "", request.headers});
            if (seen.size() > answers.size()) return std::unexpected(HttpFault{true, true, "the script is over"});
            return answers[seen.size() - 1](request);
        };
    }
    void Answer(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
        answers.push_back([=](const HttpRequest &) { return HttpResponse{.status = status, .headers = headers, .body = body}; });
    }
    void Fault(bool reached) {
        answers.push_back([=](const HttpRequest &) { return std::unexpected(HttpFault{reached, false, "connection reset"}); });
    }
};

Result<Credentials> Find(std::map<std::string, std::string> env, Script &script, std::map<std::string, std::string> files = kFiles) {
    AwsSources sources = Sources(env, std::move(files));
    AwsProfiles profiles = LoadProfiles(sources);
    S3Config config = *ResolveS3Config({}, sources, profiles);
    return CredentialChain(config, profiles, sources, script.Transport()).Get();
}

constexpr char kSts[] = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>"
                        "<SessionToken>tok</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

TEST(Credentials, EnvironmentComesFirst) {
    Script script;
    auto found = Find({{"HOME", "/h"}, {"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_SESSION_TOKEN", "T"}}, script);
    EXPECT_EQ(found->access_key + found->secret_key + found->session_token, "AST");
    auto half = Find({{"AWS_ACCESS_KEY_ID", "A"}}, script);
    EXPECT_EQ(half.error().condition, "UNAUTHORIZED_ACCESS");
    EXPECT_TRUE(script.seen.empty());
}

TEST(Credentials, Profiles) {
    Script script;
    EXPECT_EQ(Find({{"HOME", "/h"}}, script)->access_key, "AKID");
    EXPECT_EQ(Find({{"HOME", "/h"}, {"AWS_PROFILE", "work"}}, script)->session_token, "TOKWORK");
    EXPECT_NE(Find({{"HOME", "/h"}, {"AWS_PROFILE", "none"}}, script).error().message.find("`none`"), std::string::npos);
    EXPECT_FALSE(Find({{"HOME", "/h"}, {"AWS_PROFILE", "sso"}}, script).error().remedy.empty());
    EXPECT_FALSE(Find({{"HOME", "/h"}, {"AWS_PROFILE", "loop"}}, script)) << "profiles that refer to each other end";
    script.Answer(200, kSts);
    auto role = Find({{"HOME", "/h"}, {"AWS_PROFILE", "role"}}, script);
    ASSERT_TRUE(role) << role.error().ToString();
    EXPECT_EQ(role->access_key, "ASIA");
    EXPECT_EQ(script.seen.back().signer, "AKWORK");
    EXPECT_NE(script.seen.back().body.find("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"), std::string::npos);
}

TEST(Credentials, WebIdentity) {
    Script script;
    script.Answer(200, kSts);
    std::map<std::string, std::string> env = {{"AWS_ROLE_ARN", "arn:x"}, {"AWS_WEB_IDENTITY_TOKEN_FILE", "/tok"}, {"AWS_REGION", "eu-west-1"}};
    auto found = Find(env, script, {{"/tok", "jwt.secret\n"}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->secret_key, "s/+=");
    EXPECT_EQ(script.seen[0].url, "https://sts.eu-west-1.amazonaws.com/");
    EXPECT_EQ(script.seen[0].signer, "") << "the token speaks for itself";
    EXPECT_TRUE(script.seen[0].body.ends_with("WebIdentityToken=jwt.secret"));
    script.Answer(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>jwt.secret is bad</Message></Error></ErrorResponse>");
    auto refused = Find(env, script, {{"/tok", "jwt.secret"}});
    EXPECT_NE(refused.error().message.find("InvalidIdentityToken"), std::string::npos);
    EXPECT_EQ(refused.error().ToString().find("jwt.secret"), std::string::npos) << "no secret in an error";
}

TEST(Credentials, ContainerAndInstance) {
    Script script;
    std::string json = R"({"AccessKeyId":"C","SecretAccessKey":"S","Token":"T","Expiration":"2099-01-01T00:00:00Z"})";
    script.Answer(200, json);
    auto found = Find({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "auth"}}, script);
    EXPECT_EQ(found->access_key, "C");
    EXPECT_EQ(script.seen[0].url, "http://169.254.170.2/v2/x");
    EXPECT_EQ(script.seen[0].headers.at(0), "Authorization: auth");
    script.Answer(200, "imds-token");
    script.Answer(200, "my-role");
    script.Answer(200, json);
    EXPECT_EQ(Find({}, script)->session_token, "T");
    EXPECT_EQ(script.seen[1].method, "PUT");
    EXPECT_EQ(script.seen[3].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
    EXPECT_EQ(script.seen[3].headers.at(0), "X-aws-ec2-metadata-token: imds-token");
    script.Fault(false);
    auto none = Find({}, script);
    EXPECT_EQ(none.error().condition, "UNAUTHORIZED_ACCESS") << "no machine's service there";
    EXPECT_FALSE(Find({{"AWS_EC2_METADATA_DISABLED", "true"}}, script));
    EXPECT_EQ(script.seen.size(), 5u);
    EXPECT_FALSE(ParseCredentialsJson("[]", "x"));
    EXPECT_FALSE(ParseCredentialsJson(R"({"Code":"AssumeRoleUnauthorizedAccess"})", "x"));
}

TEST(Fetching, PlansWindows) {
    constexpr uint64_t kMiB = 1 << 20;
    EXPECT_EQ(PlanFetch(0, 10, 100 * kMiB, kMiB), (FetchRange{0, kMiB}));
    EXPECT_EQ(PlanFetch(100 * kMiB - 8, 8, 100 * kMiB, kMiB), (FetchRange{99 * kMiB, kMiB})) << "a footer's neighbourhood lies before it";
    EXPECT_EQ(PlanFetch(99 * kMiB + 5, 8, 100 * kMiB, kMiB), (FetchRange{99 * kMiB, kMiB}));
    EXPECT_EQ(PlanFetch(3, 4, 10, kMiB), (FetchRange{0, 10})) << "a small object comes whole";
}

// Counts what reaches the store.
class CountingStore final : public ObjectStore {
public:
    explicit CountingStore(std::string bytes) { (void)memory.Put("/o", bytes); }
    Result<std::string> Read(const std::string &path) override { return memory.Read(path); }
    Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) override {
        calls++;
        if (fail-- > 0) return Fail(ErrorKind::kIo, "IO_ERROR", "no");
        return memory.ReadRange(path, offset, length);
    }
    Result<void> Put(const std::string &path, std::string_view bytes) override { return memory.Put(path, bytes); }
    Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) override { return memory.PutIfAbsent(path, bytes); }
    Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) override { return memory.List(directory, options); }
    Result<ObjectInfo> Head(const std::string &path) override { return memory.Head(path); }
    Result<void> Delete(const std::string &path) override { return memory.Delete(path); }
    Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled) override { return memory.MakeDurable(paths, settled); }

    MemoryStore memory;
    std::atomic<int> calls = 0;
    std::atomic<int> fail = 0;
};

TEST(Fetching, FewRequestsAndTheRightBytes) {
    std::string bytes(size_t{40} << 20, '\0');
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
    static CountingStore store(bytes);  // Windows fetched ahead may outlive the reader.
    ObjectReader reader(store, "/o", bytes.size());
    auto read = [&](uint64_t offset, size_t length) {
        std::string buffer(length, '\0');
        Result<void> done = reader.Read(offset, buffer.data(), length);
        return done && buffer == bytes.substr(offset, length);
    };
    EXPECT_TRUE(read(bytes.size() - 8, 8) && read(bytes.size() - 60'000, 60'000));
    EXPECT_EQ(store.calls, 1) << "a footer is one request";
    for (uint64_t at = 0; at < 400'000; at += 20'000) EXPECT_TRUE(read(at, 9'000));
    EXPECT_EQ(store.calls, 2) << "near pieces are one request";
    int before = store.calls;
    for (uint64_t at = 1 << 20; at < bytes.size(); at += 65'536) ASSERT_TRUE(read(at, std::min<size_t>(65'536, bytes.size() - at)));
    EXPECT_LE(store.calls - before, 10) << "reading on: windows grow";
    EXPECT_TRUE(read(0, bytes.size()));
    char c;
    EXPECT_EQ(reader.Read(bytes.size(), &c, 1).error().kind, ErrorKind::kCorrupt);
}

TEST(Fetching, AFailureIsNotKept) {
    static CountingStore store("0123456789");
    ObjectReader reader(store, "/o", 10);
    char c = 0;
    store.fail = 1;
    EXPECT_FALSE(reader.Read(3, &c, 1));
    EXPECT_TRUE(reader.Read(3, &c, 1));
    EXPECT_EQ(c, '3');
}

TEST(Uploads, PartsGrowSoThatTenThousandDo) {
    EXPECT_EQ(PartBytes(1), size_t{8} << 20);
    EXPECT_EQ(PartBytes(1000), size_t{8} << 20);
    EXPECT_EQ(PartBytes(1001), size_t{16} << 20);
    uint64_t total = 0;
    for (int part = 1; part <= 10'000; part++) total += PartBytes(part);
    EXPECT_GT(total, uint64_t{5} << 40) << "S3's largest object";
    EXPECT_LE(PartBytes(10'000), uint64_t{5} << 30) << "S3's largest part";
}

}  // namespace
}  // namespace tarn::storage
