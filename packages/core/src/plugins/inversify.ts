/**
 * The one copy of inversify that every package and plugin shares: two copies would know nothing of each other's bindings.
 * As one file (`bundle.mjs`), of which this is the only importer; `reflect-metadata` is loaded here, once, for those who use inversify's decorators.
 */
import 'reflect-metadata';

export {
  Container,
  ContainerModule,
  inject,
  injectable,
  multiInject,
  named,
  optional,
  type ServiceIdentifier,
} from '../../dist/vendor/inversify.js';
