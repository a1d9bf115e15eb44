// A small stand-in for libFuzzer: mutates seeds at random and feeds them to the fuzzer for a while.
//   delta_log_fuzz [--seconds=N] [--seed=N] FILE…      FILE: a seed, or a crash to replay with --seconds=0
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

void Feed(const std::string &input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(input.data()), input.size());
}

void Mutate(std::string &text, const std::vector<std::string> &seeds, std::mt19937_64 &dice) {
    size_t at = text.empty() ? 0 : dice() % text.size();
    switch (dice() % 6) {
        case 0: if (!text.empty()) text[at] = static_cast<char>(dice()); break;
        case 1: if (!text.empty()) text[at] ^= static_cast<char>(1 << dice() % 8); break;
        case 2: text.erase(at, 1 + dice() % 16); break;
        case 3: text.insert(at, 1, "{}[]\":,\\0\n-"[dice() % 11]); break;
        case 4: text.insert(at, text.substr(at, 1 + dice() % 64)); break;
        default: {
            const std::string &other = seeds[dice() % seeds.size()];
            if (!other.empty()) text.insert(at, other.substr(dice() % other.size(), 1 + dice() % 128));
        }
    }
}

}  // namespace

int main(int argc, char **argv) {
    long seconds = 10;
    uint64_t seed = 1;
    std::vector<std::string> seeds;
    for (int i = 1; i < argc; i++) {
        if (std::strncmp(argv[i], "--seconds=", 10) == 0) {
            seconds = std::strtol(argv[i] + 10, nullptr, 10);
        } else if (std::strncmp(argv[i], "--seed=", 7) == 0) {
            seed = std::strtoull(argv[i] + 7, nullptr, 10);
        } else {
            std::ifstream file(argv[i], std::ios::binary);
            seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    if (seeds.empty()) seeds.push_back("{}");
    for (const std::string &input : seeds) Feed(input);
    std::mt19937_64 dice(seed);
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    uint64_t runs = 0;
    for (; std::chrono::steady_clock::now() < end; runs++) {
        std::string input = seeds[dice() % seeds.size()];
        for (uint64_t i = 0, changes = 1 + dice() % 6; i < changes; i++) Mutate(input, seeds, dice);
        // Left behind when the fuzzer crashes.
        if (runs % 64 == 0 || input.size() < 4096) {
            static const std::string name = std::string(argv[0]) + ".last-input";
            std::ofstream(name, std::ios::binary | std::ios::trunc) << input;
        }
        Feed(input);
    }
    std::printf("%llu inputs, no crash\n", static_cast<unsigned long long>(runs));
    return 0;
}
