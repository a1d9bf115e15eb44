// A small stand-in for libFuzzer: mutates seeds at random and feeds them to the fuzzer for a while.
//   delta_log_fuzz [--seconds=N | --runs=N] [--seed=N] FILE…      FILE: a seed, or a crash to replay with --runs=0
// The same seed, files and number of runs make the same inputs.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
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

// What a crash leaves behind.
std::string last_input_name;
const std::string *last_input = nullptr;

extern "C" void LeaveInput(int signal) {
    int file = open(last_input_name.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (file >= 0 && last_input) (void)!write(file, last_input->data(), last_input->size());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void Feed(const std::string &input) {
    last_input = &input;
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
    long wanted = -1;
    uint64_t seed = 1;
    std::vector<std::string> seeds;
    for (int i = 1; i < argc; i++) {
        if (std::strncmp(argv[i], "--seconds=", 10) == 0) {
            seconds = std::strtol(argv[i] + 10, nullptr, 10);
        } else if (std::strncmp(argv[i], "--runs=", 7) == 0) {
            wanted = std::strtol(argv[i] + 7, nullptr, 10);
        } else if (std::strncmp(argv[i], "--seed=", 7) == 0) {
            seed = std::strtoull(argv[i] + 7, nullptr, 10);
        } else {
            std::ifstream file(argv[i], std::ios::binary);
            seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    if (seeds.empty()) seeds.push_back("{}");
    last_input_name = std::string(argv[0]) + ".last-input";
    for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, LeaveInput);
    for (const std::string &input : seeds) Feed(input);
    std::mt19937_64 dice(seed);
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    uint64_t runs = 0;
    auto more = [&] { return wanted >= 0 ? runs < static_cast<uint64_t>(wanted) : std::chrono::steady_clock::now() < end; };
    for (; more(); runs++) {
        std::string input = seeds[dice() % seeds.size()];
        for (uint64_t i = 0, changes = 1 + dice() % 6; i < changes; i++) Mutate(input, seeds, dice);
        Feed(input);
    }
    std::printf("%llu inputs and %zu seeds, no crash\n", static_cast<unsigned long long>(runs), seeds.size());
    return 0;
}
