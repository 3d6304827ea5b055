// The official images of the engines, with which tests in containers run; docker-compose.yml has the same.
export const engineImages = {
  kafka: 'apache/kafka:4.3.1',
  postgres: 'postgres:18',
  redis: 'redis:7',
} as const;
