/* A program that does a step for each line it reads, and prints a line after it. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition) \
    do { if (!(condition)) { puts(#condition); _exit(1); } } while (0)

static void step(int n);

int main(void) {
    static char input[4096], output[4096];
    setvbuf(stdin, input, _IOFBF, sizeof input);
    setvbuf(stdout, output, _IOFBF, sizeof output);
    puts("ready");
    fflush(stdout);
    for (int n = 0; getchar() != EOF; n++) {
        step(n);
        puts("done");
        fflush(stdout);
    }
    return 0;
}
