"""The functions that the large model knows by heart; it shows their source."""

from __future__ import annotations

from typing import Any


def fizzbuzz(n: int) -> list[str]:
    """The lines for 1 to n."""
    return ["Fizz" * (i % 3 == 0) + "Buzz" * (i % 5 == 0) or str(i) for i in range(1, n + 1)]


def is_prime(n: int) -> bool:
    """Try every divisor up to the square root."""
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def fibonacci(n: int) -> list[int]:
    """The first n numbers."""
    numbers = [0, 1]
    while len(numbers) < n:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:n]


def factorial(n: int) -> int:
    """The product of 1 to n."""
    result = 1
    for i in range(2, n + 1):
        result *= i
    return result


def is_palindrome(text: str) -> bool:
    """Look at letters and digits alone, whatever the case."""
    letters = [c for c in text.lower() if c.isalnum()]
    return letters == letters[::-1]


def reverse(text: str) -> str:
    """Step through the text backwards."""
    return text[::-1]


def word_count(text: str) -> dict[str, int]:
    """Count each word, whatever the case."""
    counts: dict[str, int] = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def gcd(a: int, b: int) -> int:
    """Euclid's algorithm."""
    while b:
        a, b = b, a % b
    return abs(a)


def flatten(nested: list[Any]) -> list[Any]:
    """Go into lists at any depth."""
    flat = []
    for item in nested:
        flat.extend(flatten(item) if isinstance(item, list) else [item])
    return flat


def binary_search(items: list[int], wanted: int) -> int:
    """The place in sorted items, or -1."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(items) and items[low] == wanted else -1
